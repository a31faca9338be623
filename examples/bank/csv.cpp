#include "csv.hpp"

#include <algorithm>
#include <utility>

namespace bank {

namespace {

using Fields = std::vector<std::string>;

std::string_view without_carriage_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

enum class Verdict { record, open_quote, malformed };

// One record's fields, character by character. `open_quote` says that more lines might complete it.
class Splitter {
 public:
  Verdict split(std::string_view text, Fields& fields, std::string& reason) {
    for (std::size_t at = 0;;) {
      fields.emplace_back();
      bool quoted = at < text.size() && text[at] == '"';
      Verdict verdict = quoted ? quoted_field(text, ++at, fields, reason) : bare_field(text, at, fields, reason);
      if (verdict != Verdict::record) return verdict;
      if (at == text.size()) return Verdict::record;
      ++at;  // the comma
    }
  }

 private:
  static Verdict quoted_field(std::string_view text, std::size_t& at, Fields& fields, std::string& reason) {
    std::string& field = fields.back();
    for (;;) {
      std::size_t quote = text.find('"', at);
      if (quote == std::string_view::npos) {
        reason = "a quote is opened and not closed";
        return Verdict::open_quote;
      }
      field.append(text, at, quote - at);
      at = quote + 1;
      if (at == text.size() || text[at] == ',') return Verdict::record;
      if (text[at] != '"') {
        reason = "text after a closing quote";
        return Verdict::malformed;
      }
      field += '"';
      ++at;
    }
  }

  static Verdict bare_field(std::string_view text, std::size_t& at, Fields& fields, std::string& reason) {
    std::size_t end = std::min(text.find_first_of(",\"\r\n", at), text.size());
    if (end < text.size() && text[end] != ',') {
      reason = text[end] == '"' ? "a quote inside a field that is not quoted" : "a line end inside a field";
      return Verdict::malformed;
    }
    fields.back() = text.substr(at, end - at);
    at = end;
    return Verdict::record;
  }
};

}  // namespace

CsvReader::CsvReader(std::string_view text) : rest_{text} {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

std::string_view CsvReader::take_line() {
  std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++line_;
  return line;
}

std::optional<std::expected<CsvRecord, CsvFault>> CsvReader::next() {
  while (!rest_.empty()) {
    std::string_view first = take_line();
    const std::size_t first_line = line_;
    const std::string_view after_first = rest_;
    if (without_carriage_return(first).empty()) continue;

    std::string first_reason;
    std::string_view text = first;
    for (std::size_t lines = 1;; ++lines) {
      CsvRecord record{first_line, {}, without_carriage_return(text)};
      std::string reason;
      Verdict verdict = Splitter{}.split(record.text, record.fields, reason);
      if (verdict == Verdict::record) return record;
      if (lines == 1) first_reason = reason;
      if (verdict == Verdict::malformed || rest_.empty() || lines == most_lines) break;
      std::string_view more = take_line();
      text = {first.data(), static_cast<std::size_t>(more.data() + more.size() - first.data())};
    }
    rest_ = after_first;
    line_ = first_line;
    return std::unexpected{CsvFault{first_line, std::move(first_reason), without_carriage_return(first)}};
  }
  return std::nullopt;
}

std::string csv_field(std::string_view value) {
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{value};
  std::string out = "\"";
  for (char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace bank
