// The bank's smaller parts: book, postings, options, deck, pace, availability, money.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "examples/bank/availability.hpp"
#include "examples/bank/book.hpp"
#include "examples/bank/deck.hpp"
#include "examples/bank/money.hpp"
#include "examples/bank/options.hpp"
#include "examples/bank/pace.hpp"
#include "examples/bank/postings.hpp"
#include "support/catch.hpp"

using namespace bank;
using namespace std::chrono_literals;

TEST_CASE("book: a transfer moves money and numbers its two postings") {
  Book book{{{"A", 100}, {"B", 0}, {"C", -5}}};
  CHECK(book.enter("x", 0, 1, 30) == Receipt{1, 1});
  CHECK(book.enter("y", 2, 1, 7) == Receipt{1, 2});
  CHECK(book.standing(0) == Standing{70, 1});
  CHECK(book.standing(1) == Standing{37, 2});
  CHECK(book.standing(2) == Standing{-12, 1});
  CHECK(book.balances() == std::vector<Cents>{70, 37, -12});
  CHECK(book.transfers() == 2);
  REQUIRE(book.find("x") != nullptr);
  CHECK(*book.find("x") == Receipt{1, 1});
  CHECK(book.find("z") == nullptr);
}

TEST_CASE("postings: each is new once, in whatever order they come") {
  Postings postings{3};
  CHECK_FALSE(postings.take(3));
  CHECK_FALSE(postings.take(1));
  CHECK(postings.take(6));
  CHECK(postings.has_gap());
  CHECK_FALSE(postings.take(6));
  CHECK(postings.take(4));
  CHECK(postings.all_up_to() == 4);
  CHECK(postings.take(5));
  CHECK(postings.all_up_to() == 6);
  CHECK_FALSE(postings.has_gap());
  CHECK_FALSE(postings.take(5));
}

namespace {

std::expected<Options, std::string> parse(std::vector<const char*> arguments) {
  return parse_options(arguments, "/sample");
}

}  // namespace

TEST_CASE("options: defaults are the sample") {
  auto options = parse({});
  REQUIRE(options);
  CHECK(options->accounts == "/sample/accounts.csv");
  CHECK(options->transfers == "/sample/transfers.csv");
  CHECK_FALSE(options->report);
}

TEST_CASE("options: a value stands after its name or after an equals sign") {
  auto options = parse({"--chaos", "200", "--rate=5000", "--transfers", "-", "--report=x=y", "--verbose"});
  REQUIRE(options);
  CHECK(options->chaos == 200);
  CHECK(options->rate == 5000);
  CHECK(options->transfers == "-");
  CHECK(options->report == "x=y");
  CHECK(options->verbose);
}

TEST_CASE("options: what is wrong is said with the option's name and range") {
  CHECK(parse({"--chaso", "1"}).error() == "there is no option '--chaso'");
  CHECK(parse({"file.csv"}).error() == "there is no option 'file.csv'");
  CHECK(parse({"--chaos"}).error() == "--chaos needs a value");
  CHECK(parse({"--chaos", "many"}).error() == "--chaos takes a whole number from 0 to 10000, not 'many'");
  CHECK(parse({"--chaos", "-1"}).error() == "--chaos takes a whole number from 0 to 10000, not '-1'");
  CHECK(parse({"--rate", "0"}).error() == "--rate takes a whole number from 1 to 10000000, not '0'");
  CHECK(parse({"--tellers", "0"}).error() == "--tellers takes a whole number from 1 to 10000, not '0'");
  CHECK(parse({"--tellers", "7x"}).error() == "--tellers takes a whole number from 1 to 10000, not '7x'");
  CHECK(parse({"--state", ""}).error() == "--state takes a file's name");
  CHECK(parse({"--help=yes"}).error() == "--help takes no value");
  CHECK(parse({"--accounts", "-", "--transfers", "-"}).error() ==
        "--accounts and --transfers cannot both be standard input");
}

TEST_CASE("options: the usage names every option and its real default") {
  Options defaults;
  std::string text = usage();
  for (const char* name : {"--accounts", "--transfers", "--chaos", "--rate", "--tellers", "--seed", "--state", "--report",
                           "--rejects", "--verbose", "--help"})
    CHECK(text.find(name) != std::string::npos);
  CHECK(text.find(fmt::format("a second (default {})", defaults.chaos)) != std::string::npos);
  CHECK(text.find(fmt::format("at a time (default {})", defaults.tellers)) != std::string::npos);
  CHECK(text.find(fmt::format("choices (default {})", defaults.seed)) != std::string::npos);
  CHECK(text.find(fmt::format("(default {})", defaults.state)) != std::string::npos);
}

TEST_CASE("deck: every deal holds each kind in its measure, in another order") {
  Deck deck{1};
  std::vector<Target> first;
  for (int deal = 0; deal < 3; ++deal) {
    std::map<Target, std::size_t> drawn;
    std::vector<Target> order;
    for (int card = 0; card < 240; ++card) {
      order.push_back(deck.next());
      ++drawn[order.back()];
    }
    for (std::size_t kind = 0; kind < target_kinds; ++kind)
      CHECK(drawn[static_cast<Target>(kind)] == Deck::cards[kind]);
    CHECK(order != first);
    first = order;
  }
}

TEST_CASE("deck: the same seed draws the same") {
  Deck one{7};
  Deck same{7};
  Deck other{8};
  std::vector<std::size_t> a, b, c;
  for (int i = 0; i < 200; ++i) {
    a.push_back(static_cast<std::size_t>(one.next()) * 1000 + one.below(1000));
    b.push_back(static_cast<std::size_t>(same.next()) * 1000 + same.below(1000));
    c.push_back(static_cast<std::size_t>(other.next()) * 1000 + other.below(1000));
  }
  CHECK(a == b);
  CHECK(a != c);
}

TEST_CASE("pace: as many are due as the rate says, and no earlier") {
  CHECK(Pace{0}.due(0s) == Pace::without_limit);
  CHECK(Pace{5000}.due(0s) == 0);
  CHECK(Pace{5000}.due(20s) == 100'000);
  CHECK(Pace{3}.due(1s - 1ns) == 2);
  CHECK(Pace{10'000'000}.due(24h) == 864'000'000'000);
  for (unsigned rate : {1u, 3u, 7u, 200u, 999'983u})
    for (std::uint64_t nth : {1ull, 2ull, 3ull, 1000ull, 123'456ull}) {
      CAPTURE(rate, nth);
      CHECK(Pace{rate}.due(Pace{rate}.when(nth)) == nth);
      CHECK(Pace{rate}.due(Pace{rate}.when(nth) - 1ns) < nth);
    }
}

TEST_CASE("availability: the share answered within 100 ms") {
  Availability availability;
  CHECK(availability.share_in_time() == 1.0);
  for (int ms : {1, 2, 100, 101}) availability.answered_after(std::chrono::milliseconds{ms});
  CHECK(availability.answered() == 4);
  CHECK(availability.answered_in_time() == 3);
  CHECK(availability.share_in_time() == 0.75);
  CHECK(availability.at(0) == 1ms);
  CHECK(availability.at(0.5) == 2ms);
  CHECK(availability.at(1) == 101ms);
}

TEST_CASE("money: cents with their sign and thousands") {
  CHECK(money(0) == "0.00");
  CHECK(money(7) == "0.07");
  CHECK(money(-5) == "-0.05");
  CHECK(money(100) == "1.00");
  CHECK(money(123456789) == "1,234,567.89");
  CHECK(money(-100000) == "-1,000.00");
  CHECK(money(std::numeric_limits<Cents>::min()) == "-92,233,720,368,547,758.08");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
}
