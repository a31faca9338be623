#include "examples/bank/input.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"

using namespace bank;

namespace {

const std::string accounts_header = "account,cents\n";
const std::string transfers_header = "id,from,to,cents,memo\n";

Input read(const std::string& accounts, const std::string& transfers) {
  return read_input({"a.csv", accounts_header + accounts}, {"t.csv", transfers_header + transfers});
}

// The reason why the one line is rejected, with a good line before and after it that must pass.
std::string reason_of(const std::string& line) {
  Input input = read("A,100\nB,-5\n", "first,A,B,1,\n" + line + "\nlast,B,A,2,\n");
  CHECK(input.transfers.size() == 2);
  REQUIRE(input.rejected.size() == 1);
  CHECK(input.rejected[0].file == "t.csv");
  CHECK(input.rejected[0].line == 3);
  CHECK(input.rejected[0].text == line);
  return input.rejected[0].reason;
}

}  // namespace

TEST_CASE("input: accounts and transfers are read in their order") {
  Input input = read("A,100\nB,-5\n", "t1,A,B,30,\"rent, March\"\nt2,B,A,1,\n");
  REQUIRE(input.accounts.size() == 2);
  CHECK(input.accounts[0].account == "A");
  CHECK(input.accounts[1].cents == -5);
  REQUIRE(input.transfers.size() == 2);
  CHECK(input.transfers[0].id == "t1");
  CHECK(input.transfers[0].from == 0);
  CHECK(input.transfers[0].to == 1);
  CHECK(input.transfers[0].cents == 30);
  CHECK(input.transfers[0].memo == "rent, March");
  CHECK(input.transfers[1].from == 1);
  CHECK(input.rejected.empty());
}

TEST_CASE("input: a line that cannot be carried out is rejected with its reason and the rest goes on") {
  CHECK(reason_of("x,A,B,1") == "4 fields instead of 5");
  CHECK(reason_of("x,A,B,1,memo,more") == "6 fields instead of 5");
  CHECK(reason_of("x,A,B,1,\"open") == "a quote is opened and not closed");
  CHECK(reason_of(",A,B,1,") == "the id is empty");
  CHECK(reason_of(std::string(65, 'x') + ",A,B,1,") == "the id has 65 bytes, more than 64");
  CHECK(reason_of("x\ty,A,B,1,") == "the id holds a control character");
  CHECK(reason_of("x,A,B,,") == "cents is not a whole number: ''");
  CHECK(reason_of("x,A,B,1.5,") == "cents is not a whole number: '1.5'");
  CHECK(reason_of("x,A,B, 1,") == "cents is not a whole number: ' 1'");
  CHECK(reason_of("x,A,B,+1,") == "cents is not a whole number: '+1'");
  CHECK(reason_of("x,A,B,0,") == "cents must be at least 1, not 0");
  CHECK(reason_of("x,A,B,-7,") == "cents must be at least 1, not -7");
  CHECK(reason_of("x,A,B,1000000000000001,") == "cents is beyond 1000000000000000: 1000000000000001");
  CHECK(reason_of("x,A,B,99999999999999999999,") == "cents is beyond 1000000000000000: 99999999999999999999");
  CHECK(reason_of("first,B,A,1,") == "id first is on line 2 already");
  CHECK(reason_of("x,C,A,1,") == "there is no account 'C'");
  CHECK(reason_of("x,A,C,1,") == "there is no account 'C'");
  CHECK(reason_of("x,A,A,1,") == "from and to are both A");
}

TEST_CASE("input: a rejected line leaves its id free for a later one") {
  Input input = read("A,0\nB,0\n", "x,A,C,1,\nx,A,B,1,\n");
  CHECK(input.rejected.size() == 1);
  REQUIRE(input.transfers.size() == 1);
  CHECK(input.transfers[0].id == "x");
}

TEST_CASE("input: accounts are checked like transfers") {
  Input input = read("A,1\nA,2\n,3\nB\nC,x\nD,4\n", "");
  REQUIRE(input.accounts.size() == 2);
  CHECK(input.accounts[0].cents == 1);
  CHECK(input.accounts[1].account == "D");
  REQUIRE(input.rejected.size() == 4);
  CHECK(input.rejected[0].reason == "account A is on line 2 already");
  CHECK(input.rejected[1].reason == "the account is empty");
  CHECK(input.rejected[2].reason == "1 fields instead of 2");
  CHECK(input.rejected[3].reason == "cents is not a whole number: 'x'");
  CHECK(input.rejected[3].line == 6);
}

TEST_CASE("input: amounts that together would not fit in 64 bits are rejected, so that no balance can overflow") {
  std::string many;
  for (int n = 0; n < 9'300; ++n) many += std::to_string(n) + ",A,B,1000000000000000,\n";
  Input input = read("A,0\nB,0\n", many);
  CHECK(input.transfers.size() == 9'223);
  REQUIRE(input.rejected.size() == 77);
  CHECK(input.rejected[0].reason == "all amounts together would not fit in 64 bits");
}

TEST_CASE("input: a file without its header, or without an account, is no input") {
  CHECK_THROWS_AS(read_input({"a", ""}, {"t", transfers_header}), InputError);
  CHECK_THROWS_AS(read_input({"a", "account,balance\nA,1\n"}, {"t", transfers_header}), InputError);
  CHECK_THROWS_AS(read_input({"a", accounts_header + "A,1\n"}, {"t", "1,A,B,1,\n"}), InputError);
  CHECK_THROWS_AS(read_input({"a", accounts_header + "A,x\n"}, {"t", transfers_header}), InputError);
}

TEST_CASE("input: the digest tells other files apart") {
  std::uint64_t digest = read("A,1\nB,2\n", "x,A,B,1,\n").digest;
  CHECK(read("A,1\nB,2\n", "x,A,B,1,\n").digest == digest);
  CHECK(read("A,1\nB,3\n", "x,A,B,1,\n").digest != digest);
  CHECK(read("A,1\nB,2\n", "x,A,B,2,\n").digest != digest);
  CHECK(read("A,1\nB,2\n", "x,A,B,1,memo\n").digest != digest);
}

TEST_CASE("input: a source is a whole file, and one that cannot be read says why") {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "coppice_bank_source.csv";
  std::string text(200'000, 'x');
  std::ofstream{path} << text;
  CHECK(read_source(path).text == text);
  CHECK(read_source(path).name == path);
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(read_source(path), Catch::Matchers::ContainsSubstring("No such file"));
  CHECK_THROWS_WITH(read_source("/"), Catch::Matchers::ContainsSubstring("directory"));
}

TEST_CASE("input: rejects are written as CSV") {
  CHECK(rejects_csv({{"t.csv", 3, "from and to are both A", "1,A,A,5,\"x\""}}) ==
        "file,line,reason,text\nt.csv,3,from and to are both A,\"1,A,A,5,\"\"x\"\"\"\n");
}
