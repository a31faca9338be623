// timer_bif_SUITE of OTP.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Tick {
  int number;
};
struct Go {};

bool is_unknown(TimerRef timer) { return !read_timer(timer) && !cancel_timer(timer); }
template <class F>
bool refused(F function) {
  try {
    function();
  } catch (const ProcessError& error) {
    return error.code() == ProcessErrorCode::bad_argument;
  }
  return false;
}

}  // namespace

TEST_CASE(
    "timer_bif_SUITE: start_timer_1: one that has fired is unknown; one that is cancelled says "
    "what was left and sends nothing",
    "[otp][timer]") {
  in_process([]() -> Task<> {
    const timing::Instant begin = now();
    const TimerRef fires = send_after<Tick>(5ms, self(), 1);
    EXPECT((co_await next<Tick>()).number == 1);
    EXPECT(now() - begin >= 5ms);
    EXPECT(is_unknown(fires));
    const TimerRef cancelled = send_after<Tick>(1h, self(), 2);
    const auto left = cancel_timer(cancelled);
    EXPECT(left && *left > 59min && *left <= 1h);
    EXPECT(is_unknown(cancelled));
    EXPECT(!co_await receive<Tick>(2ms));
  });
}

TEST_CASE("timer_bif_SUITE: send_after_1: the message comes as it is, and the timer is gone then",
          "[otp][timer]") {
  in_process([]() -> Task<> {
    const TimerRef timer = send_after(1ms, self(), std::string{"plain"});
    EXPECT(co_await next<std::string>() == "plain");
    EXPECT(!read_timer(timer));
  });
}

TEST_CASE("timer_bif_SUITE: send_after_2: seven timers come in the order of their times, 0 first",
          "[otp][timer]") {
  in_process([]() -> Task<> {
    // Between these each of them is due, however long the sends take.
    std::vector<timing::Instant> earliest(7);
    std::vector<timing::Instant> latest(7);
    for (const int n : {5, 0, 6, 2, 4, 1, 3}) {
      const auto at = static_cast<std::size_t>(n);
      earliest[at] = now() + n * 10ms;
      send_after<Tick>(n * 10ms, self(), n);
      latest[at] = now() + n * 10ms + 1ms;
    }
    std::vector<std::size_t> came;
    for (int i = 0; i < 7; ++i) {
      came.push_back(static_cast<std::size_t>((co_await next<Tick>()).number));
      EXPECT(now() >= earliest[came.back()]);
      for (const std::size_t before : came) EXPECT(earliest[before] <= latest[came.back()]);
    }
    EXPECT(queued() == 0);
  });
}

TEST_CASE("timer_bif_SUITE: cancel_timer_1: one that never was is unknown", "[otp][timer]") {
  in_process([]() -> Task<> {
    EXPECT(is_unknown(TimerRef{}));
    EXPECT(is_unknown(TimerRef{123, 456}));
    co_return;
  });
}

TEST_CASE(
    "timer_bif_SUITE: start_timer_e, send_after_e, cancel_timer_e: a delay that makes no sense is "
    "an error, and nothing is sent",
    "[otp][timer]") {
  in_process([]() -> Task<> {
    EXPECT(refused([] { send_after<Tick>(-4ms, self(), 1); }));
    EXPECT(refused([] { send_after<Tick>(-1h, Atom{"somebody"}, 1); }));
    EXPECT(refused([] { send_after<Tick>(timing::Duration::min(), Pid{}, 1); }));
    EXPECT(is_unknown(send_after<Tick>(1h, Pid{}, 1)));  // to nobody: no error, and no timer
    EXPECT(!co_await receive<Tick>(1ms));
  });
}

TEST_CASE("timer_bif_SUITE: start_timer_big, send_after_big: more than 32 bits of milliseconds",
          "[otp][timer]") {
  in_process([]() -> Task<> {
    for (const timing::Duration time :
         {timing::Duration{(1LL << 31) * 1ms}, timing::Duration{(1LL << 33) * 1ms}}) {
      const TimerRef timer = send_after<Tick>(time, self(), 1);
      EXPECT(!co_await receive<Tick>(1ms));
      const auto left = cancel_timer(timer);
      EXPECT(left && *left > time - 1min && *left <= time);
    }
  });
}

TEST_CASE("timer_bif_SUITE: read_timer_trivial: of what is no timer there is nothing to read",
          "[otp][timer]") {
  in_process([]() -> Task<> {
    EXPECT(!read_timer(TimerRef{}));
    const TimerRef fired = send_after<Tick>(0ms, self(), 1);
    (void)co_await next<Tick>();
    EXPECT(!read_timer(fired));
  });
}

TEST_CASE("timer_bif_SUITE: read_timer: read and cancel say the same", "[otp][timer]") {
  in_process([]() -> Task<> {
    const TimerRef timer = send_after<Tick>(1h, self(), 1);
    const timing::Instant begin = now();
    const auto first = read_timer(timer);
    const auto second = read_timer(timer);
    const auto last = cancel_timer(timer);
    EXPECT(first && second && last);
    EXPECT(*second <= *first && *last <= *second);
    EXPECT(*first - *last <= now() - begin + 1ms);  // no more has gone by than time has
    co_return;
  });
}

TEST_CASE("timer_bif_SUITE: cleanup: timers of receivers that are dead, or die, take no memory",
          "[otp][timer]") {
  // One worker and no spares: who has ended has given back all of its memory before another runs.
  in_process(RuntimeOptions{.schedulers = 1, .max_spares = 0}, []() -> Task<> {
    const Pid dead = spawn([]() -> Task<> { co_return; });
    co_await end_of(dead);
    const auto before = base::pool_stats().live_blocks;
    for (int i = 0; i < 100; ++i)
      EXPECT(is_unknown(send_after<std::string>(1h, dead, std::string(500, 'x'))));
    EXPECT(base::pool_stats().live_blocks == before);
    const Pid dying = spawn([]() -> Task<> { co_await receive([](Go) {}); });
    const MonitorRef end = monitor(dying);
    std::vector<TimerRef> timers;
    for (int i = 0; i < 100; ++i) timers.push_back(send_after<Tick>(1h, dying, i));
    EXPECT(read_timer(timers[0]).has_value());
    exit(dying, ExitReason::kill());
    co_await end_of(end);
    for (const TimerRef& timer : timers) EXPECT(is_unknown(timer));
  });
}

TEST_CASE("timer_bif_SUITE: evil_timers: two hundred messages that own much all arrive whole",
          "[otp][timer]") {
  struct Composite {
    explicit Composite(int n)
        : number{n},
          text(100'000, static_cast<char>('a' + n % 26)),
          owned{std::make_unique<int>(n)},
          refs(10, make_ref()) {}
    int number;
    std::string text;
    std::unique_ptr<int> owned;
    std::vector<Reference> refs;
  };
  in_process([]() -> Task<> {
    for (int n = 0; n < 200; ++n) send_after<Composite>((n % 20) * 1ms, self(), n);
    std::vector<int> seen(200);
    for (int i = 0; i < 200; ++i) {
      const bool whole = co_await receive([&seen](const Composite& c) {
        ++seen[static_cast<std::size_t>(c.number)];
        return *c.owned == c.number && c.text.size() == 100'000 &&
               c.text.back() == 'a' + c.number % 26 && c.refs.size() == 10;
      });
      EXPECT(whole);
    }
    EXPECT(seen == std::vector<int>(200, 1));
  });
}

TEST_CASE("timer_bif_SUITE: registered_process: a name is looked up when the time is over",
          "[otp][timer][rule-1]") {
  in_process([]() -> Task<> {
    const auto holder = [](Pid boss, int number) -> Task<> {
      const Tick tick = co_await next<Tick>();
      send<Tick>(boss, tick.number + number);
    };
    const Pid first = spawn(holder, self(), 100);
    EXPECT(register_name("timed", first).has_value());
    const TimerRef timer = send_after<Tick>(300ms, Atom{"timed"}, 1);
    EXPECT(read_timer(timer).has_value());
    EXPECT(unregister_name("timed") &&
           register_name("timed", spawn(holder, self(), 200)).has_value());
    EXPECT((co_await next<Tick>()).number == 201);
    EXPECT(is_alive(first));
    exit(first, ExitReason::kill());
    // To a name that nobody has then, it is lost, and no error.
    EXPECT(!is_unknown(send_after<Tick>(1ms, Atom{"timed"}, 1)));
  });
}

TEST_CASE("timer_bif_SUITE: same_time_yielding: many timers of one instant all fire",
          "[otp][timer]") {
  in_process([]() -> Task<> {
    constexpr int many = 20'000;
    const timing::Instant at = now() + 50ms;
    for (int n = 0; n < many; ++n) send_after<Tick>(timing::until(now(), at), self(), n);
    std::vector<bool> seen(many);
    for (int i = 0; i < many; ++i)
      seen[static_cast<std::size_t>((co_await next<Tick>()).number)] = true;
    EXPECT(seen == std::vector<bool>(many, true) && queued() == 0);
  });
}

TEST_CASE(
    "timer_bif_SUITE: same_time_yielding_with_cancel: what is cancelled meanwhile does not come, "
    "the rest does",
    "[otp][timer]") {
  in_process([]() -> Task<> {
    constexpr int many = 20'000;
    const timing::Instant at = now() + 20ms;
    std::vector<TimerRef> timers;
    for (int n = 0; n < many; ++n)
      timers.push_back(send_after<Tick>(timing::until(now(), at), self(), n));
    int cancelled = 0;
    for (std::size_t n = 0; n < timers.size(); n += 3)
      cancelled += cancel_timer(timers[n]).has_value();
    for (int i = cancelled; i < many; ++i) (void)co_await next<Tick>();
    EXPECT(!co_await receive<Tick>(2ms));
    for (const TimerRef& timer : timers) EXPECT(!read_timer(timer));
  });
}

TEST_CASE(
    "timer_bif_SUITE: same_time_yielding_with_cancel_other: the same when another process cancels",
    "[otp][timer]") {
  struct Cancelled {
    int count;
  };
  in_process([]() -> Task<> {
    constexpr int many = 20'000;
    const timing::Instant at = now() + 20ms;
    std::vector<TimerRef> timers;
    for (int n = 0; n < many; ++n)
      timers.push_back(send_after<Tick>(timing::until(now(), at), self(), n));
    spawn(
        [](Pid boss, std::vector<TimerRef> all) -> Task<> {
          int cancelled = 0;
          for (std::size_t n = 0; n < all.size(); n += 3)
            cancelled += cancel_timer(all[n]).has_value();
          send<Cancelled>(boss, cancelled);
          co_return;
        },
        self(), timers);
    const int cancelled = (co_await next<Cancelled>()).count;
    for (int i = cancelled; i < many; ++i) (void)co_await next<Tick>();
    EXPECT(!co_await receive<Tick>(2ms));
  });
}

TEST_CASE(
    "timer_bif_SUITE: auto_cancel_yielding: the timers of a process that ends go with it, however "
    "many",
    "[otp][timer]") {
  in_process([]() -> Task<> {
    const Pid pid = spawn([]() -> Task<> { co_await receive([](Go) {}); });
    const MonitorRef end = monitor(pid);
    std::vector<TimerRef> timers;
    for (int n = 0; n < 20'000; ++n) timers.push_back(send_after<Tick>(1h, pid, n));
    send<Go>(pid);
    EXPECT(co_await end_of(end) == ExitReason::normal());
    int left = 0;
    for (const TimerRef& timer : timers) left += read_timer(timer).has_value();
    EXPECT(left == 0);
  });
}
