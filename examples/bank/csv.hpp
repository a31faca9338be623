// Strict CSV (RFC 4180), a record at a time from a text in memory, so that one bad line costs only itself.
//
// A quoted field may hold commas, doubled quotes and line ends. A quote that is never closed would swallow the rest of
// the file; so a record may go over at most `most_lines` lines, and if its quote is not closed properly within them only
// its first line is malformed and reading goes on with the next. Lines end with LF or CRLF; empty lines are skipped.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bank {

struct CsvRecord {
  std::size_t line;  // of its beginning, from 1
  std::vector<std::string> fields;
  std::string_view text;  // as it stands in the file, without the last line end
};

struct CsvFault {
  std::size_t line;
  std::string reason;
  std::string_view text;
};

class CsvReader {
 public:
  static constexpr std::size_t most_lines = 32;

  // The text must outlive the reader and what it returns.
  explicit CsvReader(std::string_view text);

  // The next record or fault; nothing at the end.
  std::optional<std::expected<CsvRecord, CsvFault>> next();

 private:
  std::string_view take_line();

  std::string_view rest_;
  std::size_t line_ = 0;
};

// A field as it is written to a CSV file: in quotes if it must be.
std::string csv_field(std::string_view value);

}  // namespace bank
