#include "examples/bank/csv.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace bank;

namespace {

// Everything the reader returns, a line of text each: `line: field|field` or `line! reason`.
std::vector<std::string> read(std::string_view text) {
  std::vector<std::string> out;
  CsvReader reader{text};
  while (auto next = reader.next()) {
    if (!*next) {
      out.push_back(std::to_string(next->error().line) + "! " + next->error().reason);
      continue;
    }
    std::string line = std::to_string((*next)->line) + ":";
    for (const std::string& field : (*next)->fields) line += " " + field + "|";
    out.push_back(line);
  }
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("csv: fields are separated by commas, empty ones included") {
  CHECK(read("a,b,c\n") == Lines{"1: a| b| c|"});
  CHECK(read(",,\n") == Lines{"1: | | |"});
  CHECK(read("a\n") == Lines{"1: a|"});
  CHECK(read("") == Lines{});
}

TEST_CASE("csv: lines end with LF or CRLF, the last one may have no end, and empty lines are skipped") {
  CHECK(read("a,b\r\nc,d\n\n\r\ne,f") == Lines{"1: a| b|", "2: c| d|", "5: e| f|"});
}

TEST_CASE("csv: a byte order mark is no part of the first field") {
  CHECK(read("\xef\xbb\xbfid\n") == Lines{"1: id|"});
}

TEST_CASE("csv: quoted fields hold commas, doubled quotes and line ends") {
  CHECK(read("1,\"a, b\"\n") == Lines{"1: 1| a, b|"});
  CHECK(read("1,\"say \"\"hi\"\"\"\n") == Lines{"1: 1| say \"hi\"|"});
  CHECK(read("\"\",\"\"\"\"\n") == Lines{"1: | \"|"});
  CHECK(read("1,\"two\nlines\"\n2,x\n") == Lines{"1: 1| two\nlines|", "3: 2| x|"});
}

TEST_CASE("csv: what is not well formed costs its own line only") {
  CHECK(read("a\"b,c\nd,e\n") == Lines{"1! a quote inside a field that is not quoted", "2: d| e|"});
  CHECK(read("\"a\"b,c\nd,e\n") == Lines{"1! text after a closing quote", "2: d| e|"});
  CHECK(read("a\rb\nd,e\n") == Lines{"1! a line end inside a field", "2: d| e|"});
}

TEST_CASE("csv: a quote that is never closed does not swallow what follows") {
  CHECK(read("1,\"open\n2,b\n3,\"c, d\"\n") ==
        Lines{"1! a quote is opened and not closed", "2: 2| b|", "3: 3| c, d|"});
  CHECK(read("1,b\n2,\"open\n") == Lines{"1: 1| b|", "2! a quote is opened and not closed"});
  CHECK(read("1,\"") == Lines{"1! a quote is opened and not closed"});
}

TEST_CASE("csv: a record goes over at most 32 lines") {
  std::string fits = "\"" + std::string(31, '\n') + "\"\nx\n";
  CHECK(read(fits) == Lines{"1: " + std::string(31, '\n') + "|", "33: x|"});
  std::string too_long = "\"" + std::string(32, '\n') + "y\"\nx\n";
  CHECK(read(too_long) ==
        Lines{"1! a quote is opened and not closed", "33! a quote inside a field that is not quoted", "34: x|"});
}

TEST_CASE("csv: a fault and a record carry their text as it stands in the file") {
  CsvReader reader{"\"a\"b\r\n1,\"x\ny\"\r\n"};
  auto fault = reader.next();
  REQUIRE(fault.has_value());
  REQUIRE_FALSE(fault->has_value());
  CHECK(fault->error().text == "\"a\"b");
  auto record = reader.next();
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  CHECK((*record)->text == "1,\"x\ny\"");
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("csv: a written field is read back as it was") {
  for (std::string field : {"", "plain", "a, b", "say \"hi\"", "two\nlines", "\"", "ends with \r", "Zoë"}) {
    CAPTURE(field);
    std::string text = csv_field(field) + "," + csv_field(field) + "\n";
    if (field.empty()) text = "x," + text;
    CsvReader reader{text};
    auto record = reader.next();
    REQUIRE(record.has_value());
    REQUIRE(record->has_value());
    CHECK((*record)->fields.back() == field);
  }
}
