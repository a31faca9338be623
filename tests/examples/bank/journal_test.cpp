#include "examples/bank/journal.hpp"

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "examples/bank/audit.hpp"
#include "examples/bank/state_folder.hpp"
#include "support/catch.hpp"

using namespace bank;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t inputs = 0x1122334455667788;

// A folder of its own for each case.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "coppice_bank_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  fs::path file() const { return path_ / "journal"; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Posted entry(int number) {
  Posted out{};
  out.id = "id" + std::to_string(number);
  out.from = "from" + std::to_string(number % 3);
  out.to = "to";
  out.cents = 100 + number;
  out.memo = "memo, \"x\"";
  return out;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void put(const fs::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

// Three groups of 1, 2 and 3 entries. `ends` gets the file's size after the header and after each group.
std::string three_groups(const fs::path& path, std::vector<std::size_t>& ends) {
  create_journal(path, inputs);
  Journal journal{path, inputs, [](const Entry&) { FAIL("a new journal is empty"); }};
  ends = {bytes_of(path).size()};
  int number = 0;
  for (int size : {1, 2, 3}) {
    std::string entries;
    for (int i = 0; i < size; ++i) append_entry(entries, entry(number++).view());
    journal.append(entries);
    ends.push_back(bytes_of(path).size());
  }
  return bytes_of(path);
}

struct Reading {
  std::vector<Posted> entries;
  Recovery recovery;
};

Reading open_journal(const fs::path& path) {
  Reading reading;
  Journal journal{path, inputs, [&](const Entry& e) { reading.entries.emplace_back(e); }};
  reading.recovery = journal.recovery();
  return reading;
}

// How many of the six entries are in the first `groups` groups.
std::size_t entries_in(std::size_t groups) { return groups * (groups + 1) / 2; }

}  // namespace

TEST_CASE("journal: what was appended is read back in order") {
  Folder folder;
  std::vector<std::size_t> ends;
  three_groups(folder.file(), ends);
  Reading reading = open_journal(folder.file());
  CHECK(reading.recovery.groups == 3);
  CHECK(reading.recovery.dropped == 0);
  REQUIRE(reading.entries.size() == 6);
  for (int i = 0; i < 6; ++i) CHECK(reading.entries[static_cast<std::size_t>(i)].view() == entry(i).view());
}

TEST_CASE("journal: cut at any byte, it keeps the whole groups before and can be written again") {
  Folder folder;
  std::vector<std::size_t> ends;
  const std::string whole = three_groups(folder.file(), ends);
  for (std::size_t size = ends[0]; size <= whole.size(); ++size) {
    CAPTURE(size);
    put(folder.file(), whole.substr(0, size));
    std::size_t groups = 0;
    while (groups < 3 && ends[groups + 1] <= size) ++groups;

    Reading reading = open_journal(folder.file());
    REQUIRE(reading.recovery.groups == groups);
    REQUIRE(reading.entries.size() == entries_in(groups));
    REQUIRE(reading.recovery.dropped == size - ends[groups]);
    REQUIRE(fs::file_size(folder.file()) == ends[groups]);

    Journal journal{folder.file(), inputs, [](const Entry&) {}};
    std::string entries;
    append_entry(entries, entry(9).view());
    journal.append(entries);
    Reading again;
    again.recovery = read_journal(folder.file(), inputs, [&](const Entry& e) { again.entries.emplace_back(e); });
    REQUIRE(again.entries.size() == entries_in(groups) + 1);
    REQUIRE(again.entries.back().view() == entry(9).view());
    REQUIRE(again.recovery.dropped == 0);
  }
}

TEST_CASE("journal: zeros after the last group, as a crash of the machine leaves them, are cut off") {
  Folder folder;
  std::vector<std::size_t> ends;
  const std::string whole = three_groups(folder.file(), ends);
  put(folder.file(), whole + std::string(100, '\0'));
  Reading reading = open_journal(folder.file());
  CHECK(reading.entries.size() == 6);
  CHECK(reading.recovery.dropped == 100);
}

TEST_CASE("journal: a wrong byte in the last group is a torn write, in an earlier one it is damage") {
  Folder folder;
  std::vector<std::size_t> ends;
  const std::string whole = three_groups(folder.file(), ends);
  for (std::size_t at = ends[0]; at < whole.size(); ++at) {
    CAPTURE(at);
    for (unsigned flip : {0x01u, 0x80u}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ flip);
      put(folder.file(), broken);
      if (at < ends[2]) {
        REQUIRE_THROWS_WITH(open_journal(folder.file()), Catch::Matchers::ContainsSubstring("damaged"));
        REQUIRE(bytes_of(folder.file()) == broken);  // nothing is cut off a file that is not understood
      } else {
        REQUIRE(open_journal(folder.file()).entries.size() == entries_in(2));
      }
    }
  }
}

TEST_CASE("journal: a wrong byte anywhere in the header is no journal or one of other files") {
  Folder folder;
  std::vector<std::size_t> ends;
  const std::string whole = three_groups(folder.file(), ends);
  for (std::size_t at = 0; at < journal_header_size; ++at) {
    CAPTURE(at);
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 1);
    put(folder.file(), broken);
    REQUIRE_THROWS_AS(open_journal(folder.file()), JournalError);
  }
}

TEST_CASE("journal: one that was begun with other input files is refused") {
  Folder folder;
  create_journal(folder.file(), inputs + 1);
  CHECK_THROWS_WITH(open_journal(folder.file()), Catch::Matchers::ContainsSubstring("other input files"));
}

TEST_CASE("journal: reading alone changes nothing") {
  Folder folder;
  std::vector<std::size_t> ends;
  const std::string torn = three_groups(folder.file(), ends).substr(0, ends[3] - 1);
  put(folder.file(), torn);
  std::size_t entries = 0;
  CHECK(read_journal(folder.file(), inputs, [&](const Entry&) { ++entries; }).dropped == ends[3] - 1 - ends[2]);
  CHECK(entries == 3);
  CHECK(bytes_of(folder.file()) == torn);
}

TEST_CASE("journal: a second one waits until the first is closed, and sees what it wrote last") {
  Folder folder;
  create_journal(folder.file(), inputs);
  std::optional<Journal> first{std::in_place, folder.file(), inputs, [](const Entry&) {}};
  auto second = std::async(std::launch::async, [&] { return open_journal(folder.file()).entries.size(); });
  CHECK(second.wait_for(std::chrono::milliseconds{50}) == std::future_status::timeout);
  std::string entries;
  append_entry(entries, entry(1).view());
  first->append(entries);
  first.reset();
  CHECK(second.get() == 1);
}

TEST_CASE("journal: after a failed write nothing more is written, and the torn group is cut off by the next") {
  Folder folder;
  create_journal(folder.file(), inputs);
  std::string entries;
  append_entry(entries, entry(1).view());
  {
    Journal journal{folder.file(), inputs, [](const Entry&) {}};
    journal.append(entries);

    // The kernel refuses to let the file grow in the middle of the next group.
    auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    rlimit tight{.rlim_cur = fs::file_size(folder.file()) + 20, .rlim_max = old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    CHECK_THROWS_WITH(journal.append(entries), Catch::Matchers::ContainsSubstring("cannot be written"));
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, before);
    CHECK_THROWS_WITH(journal.append(entries), Catch::Matchers::ContainsSubstring("earlier write failed"));
  }
  Reading reading = open_journal(folder.file());
  CHECK(reading.entries.size() == 1);
  CHECK(reading.recovery.dropped == 20);
}

TEST_CASE("journal: a file that is missing says so") {
  Folder folder;
  CHECK_THROWS_WITH(open_journal(folder.file()), Catch::Matchers::ContainsSubstring("No such file"));
}

TEST_CASE("state folder: begins empty, goes on with what is there, and is put aside when the work is done") {
  Folder folder;
  StateFolder state{folder.path() / "deep" / "state"};
  CHECK(state.begin(inputs, [](const Entry&) {}).entries == 0);
  {
    Journal journal{state.journal(), inputs, [](const Entry&) {}};
    std::string entries;
    append_entry(entries, entry(1).view());
    journal.append(entries);
  }
  CHECK(state.begin(inputs, [](const Entry&) {}).entries == 1);
  state.finish();
  CHECK(fs::exists(state.finished_journal()));
  CHECK(state.begin(inputs, [](const Entry&) {}).entries == 0);
}

TEST_CASE("state folder: one program at a time") {
  Folder folder;
  {
    StateFolder first{folder.path()};
    CHECK_THROWS_WITH(StateFolder{folder.path()}, Catch::Matchers::ContainsSubstring("another bank is at work"));
  }
  CHECK_NOTHROW(StateFolder{folder.path()});
}

TEST_CASE("state folder: one that cannot be made says why") {
  CHECK_THROWS_AS(StateFolder{"/proc/no/such"}, JournalError);
}

TEST_CASE("write_file: replaces the whole file, writes into what is no file, and says what fails") {
  Folder folder;
  write_file(folder.path() / "out", "one");
  write_file(folder.path() / "out", "two");
  CHECK(bytes_of(folder.path() / "out") == "two");
  CHECK(std::distance(fs::directory_iterator{folder.path()}, {}) == 1);
  CHECK_NOTHROW(write_file("/dev/null", "gone"));
  CHECK(fs::is_character_file("/dev/null"));
  CHECK_THROWS_WITH(write_file(folder.path() / "no" / "out", ""), Catch::Matchers::ContainsSubstring("No such file"));
}
