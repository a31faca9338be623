// Running a proc scenario: the steps, one at a time, and the trace of each.
#include "run.hpp"
#include "troupe.hpp"

namespace conformance {

namespace {

class Run {
 public:
  explicit Run(Stage* stage) : stage_{stage}, ledger_{stage->ledger} {}

  Task<std::string> all() {
    ledger_.open();
    std::string out;
    for (const Words& words : stage_->scenario.steps) {
      out += fmt::format("== {} {}\n", ++number_, join(words, " "));
      const std::string result = co_await step(words);
      const std::string picture = co_await settle([this] { return look(); });
      if (picture.starts_with("!!")) out += picture + "\n";
      const bool lists = words[0] == "links" || words[0] == "monitors";
      out += take_trace(lists ? listed(words) : result);
    }
    for (const Pid pid : ledger_.living()) exit(pid, ExitReason::kill());
    co_return out;
  }

 private:
  struct Waiting {
    int number;
    MonitorRef ref;
  };

  Task<std::string> step(Words words) {
    const std::string& verb = words[0];
    const bool traps = words.back() == "trap";
    if (verb == "sleep") co_await sleep(milliseconds(words[1]));
    if (verb == "spawn") {
      spawn(act, stage_, words[1], traps, self());
      co_await receive<Up>();
    }
    if (verb == "server") co_await start<Server>(stage_, words[1], traps);
    if (verb == "sleep" || verb == "spawn" || verb == "server") co_return "ok";
    if (verb == "whereis") co_return whereis(words[1]) ? ledger_.name_of(*whereis(words[1])) : "undefined";
    const Pid pid = ledger_.latest(words[1]);
    if (verb == "do" || verb == "async") co_return co_await command(pid, words);
    if (verb == "join") co_return co_await join_call(words[1]);
    if (!pid) co_return "no_actor";
    if (verb == "alive") co_return is_alive(pid) ? "true" : "false";
    if (verb == "kill") exit(pid, ExitReason::kill());
    if (verb == "exit") exit(pid, to_reason(words[2]));
    co_return "ok";
  }

  Task<std::string> command(Pid actor, Words words) {
    if (!is_alive(actor)) co_return "dead";
    const bool async = words[0] == "async";
    const Waiting waiting{number_, monitor(actor)};
    send<Command>(actor, self(), number_, split_words(words, 2, ";"), async);
    if (!async) co_return co_await result_of(waiting, std::chrono::seconds{10}, "!! no answer");
    async_[words[1]] = waiting;
    co_return "async";
  }
  Task<std::string> join_call(std::string actor) {
    const auto found = async_.find(actor);
    if (found == async_.end()) co_return "no_async";
    const std::string result = co_await result_of(found->second, std::chrono::seconds{3}, "pending");
    if (result != "pending") async_.erase(found);
    co_return result;
  }
  Task<std::string> result_of(Waiting waiting, timing::Duration limit, std::string result) {
    const bool may_wait_on = result == "pending";
    bool waits_on = false;
    co_await receive(on<Result>([&](const Result& one) { return one.number == waiting.number; },
                                [&](Result one) { result = std::move(one.text); }),
                     on(waiting.ref, [&](const Down&) { result = "died"; }), after(limit, [&] { waits_on = may_wait_on; }));
    if (!waits_on) demonitor(waiting.ref, flush);
    co_return result;
  }

  // All that living processes have before them; nothing if one has something to do.
  Task<std::optional<std::string>> look() {
    std::size_t helping = 0;
    std::string picture = fmt::format("{}", ledger_.written());
    for (const Pid pid : ledger_.helpers()) {
      const std::optional<ProcessInfo> info = co_await ask_process_info(pid);
      if (info && info->status == ProcessInfo::Status::running) co_return std::nullopt;
      if (info) ++helping;
    }
    mailboxes_.clear();
    for (const Pid pid : ledger_.living()) {
      const std::optional<ProcessInfo> info = co_await ask_process_info(pid);
      const bool waits = info && info->status == ProcessInfo::Status::waiting;
      if (!waits || ledger_.member(pid).activity == Activity::busy) co_return std::nullopt;
      picture += fmt::format("\n{} {}", pid, info->message_queue_len);
      infos_[ledger_.name_of(pid)] = *info;
      if (info->what.find("Server") != std::string::npos) continue;
      send<Peek>(pid, self());
      std::optional<Mailbox> mailbox = co_await receive<Mailbox>(std::chrono::seconds{5});
      if (!mailbox) co_return std::nullopt;
      const std::string line = fmt::format(" msgs={} sigs={}", list(mailbox->messages), list(mailbox->signals));
      picture += mailboxes_[ledger_.name_of(pid)] = line;
    }
    if (!ledger_.is_complete(helping)) co_return std::nullopt;
    co_return picture;
  }

  std::string listed(const Words& words) {
    const Pid pid = ledger_.latest(words[1]);
    if (!pid || !is_alive(pid)) return pid ? "undefined" : "no_actor";
    const ProcessInfo& info = infos_[words[1]];
    Words out;
    if (words[0] == "links")
      for (const Pid link : info.links) out.push_back(ledger_.name_of(link));
    else
      for (const auto& [watched, name] : info.monitors) out.push_back(name ? Term{name.text()} : ledger_.name_of(watched));
    std::ranges::sort(out);
    return list(out);
  }

  std::string take_trace(const std::string& result) {
    std::map<Identity, std::string> lines;
    for (const Event& event : ledger_.take_events()) lines[ledger_.member(event.pid).identity] += event.text + "\n";
    std::string out;
    for (const auto& [who, text] : lines) out += text;
    out += "result " + result + "\n";
    std::vector<Ended> ends = ledger_.take_ends();
    std::ranges::sort(ends, {}, &Ended::identity);
    for (const Ended& end : ends) out += "exit " + print(end.identity) + " " + to_term(end.reason) + "\n";
    for (const auto& [name, mailbox] : mailboxes_) {
      std::string& shown = shown_.try_emplace(name, " msgs=[] sigs=[]").first->second;
      if (shown != mailbox) out += "mbox " + name + mailbox + "\n";
      shown = mailbox;
    }
    return out;
  }

  Stage* stage_;
  Ledger& ledger_;
  int number_ = 0;
  std::map<std::string, Waiting> async_;
  std::map<std::string, std::string> mailboxes_, shown_;
  std::map<std::string, ProcessInfo> infos_;
};

}  // namespace

Task<std::string> run_proc(Stage* stage) {
  Run run{stage};
  co_return co_await run.all();
}

}  // namespace conformance
