#include "input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <expected>
#include <system_error>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "csv.hpp"

namespace bank {

namespace {

constexpr std::array<std::string_view, 2> account_columns{"account", "cents"};
constexpr std::array<std::string_view, 5> transfer_columns{"id", "from", "to", "cents", "memo"};

using Reason = std::string;
template <class T>
using Checked = std::expected<T, Reason>;

std::optional<Reason> name_fault(std::string_view what, std::string_view name) {
  if (name.empty()) return fmt::format("the {} is empty", what);
  if (name.size() > 64) return fmt::format("the {} has {} bytes, more than 64", what, name.size());
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return fmt::format("the {} holds a control character", what);
  return std::nullopt;
}

Checked<Cents> parse_cents(std::string_view text, Cents least) {
  Cents cents = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), cents);
  if (fault == std::errc::invalid_argument || end != text.data() + text.size())
    return std::unexpected{fmt::format("cents is not a whole number: '{}'", text)};
  if (fault == std::errc::result_out_of_range || cents > largest_amount || cents < -largest_amount)
    return std::unexpected{fmt::format("cents is beyond {}: {}", largest_amount, text)};
  if (cents < least) return std::unexpected{fmt::format("cents must be at least {}, not {}", least, cents)};
  return cents;
}

// Reads one file's records and sorts good from bad; what a good one is, `accept` says.
template <class Accept>
void read_records(const Source& source, std::span<const std::string_view> columns, Input& input, Accept accept) {
  CsvReader reader{source.text};
  auto header = reader.next();
  if (!header || !*header || !std::ranges::equal((*header)->fields, columns))
    throw InputError{
        fmt::format("{}:1: the first line must be the header '{}'", source.name, fmt::join(columns, ","))};
  while (auto next = reader.next()) {
    if (!*next) {
      CsvFault& fault = next->error();
      input.rejected.push_back({source.name, fault.line, std::move(fault.reason), std::string{fault.text}});
      continue;
    }
    CsvRecord& record = **next;
    std::optional<Reason> refused;
    if (record.fields.size() != columns.size())
      refused = fmt::format("{} fields instead of {}", record.fields.size(), columns.size());
    else
      refused = accept(record);
    if (refused) input.rejected.push_back({source.name, record.line, *std::move(refused), std::string{record.text}});
  }
}

class Intake {
 public:
  std::optional<Reason> account(CsvRecord& record) {
    std::string& account = record.fields[0];
    const std::string& cents = record.fields[1];
    if (auto fault = name_fault("account", account)) return fault;
    auto opening = parse_cents(cents, -largest_amount);
    if (!opening) return opening.error();
    if (auto before = accounts_.find(account); before != accounts_.end())
      return fmt::format("account {} is on line {} already", account, before->second.line);
    if (auto fault = count(*opening < 0 ? -*opening : *opening)) return fault;
    accounts_.emplace(account, Place{static_cast<AccountIndex>(input_.accounts.size()), record.line});
    input_.accounts.push_back({std::move(account), *opening});
    return std::nullopt;
  }

  std::optional<Reason> transfer(CsvRecord& record) {
    std::string& id = record.fields[0];
    const std::string& from = record.fields[1];
    const std::string& to = record.fields[2];
    const std::string& cents = record.fields[3];
    std::string& memo = record.fields[4];
    if (auto fault = name_fault("id", id)) return fault;
    auto amount = parse_cents(cents, 1);
    if (!amount) return amount.error();
    if (auto before = ids_.find(id); before != ids_.end())
      return fmt::format("id {} is on line {} already", id, before->second);
    auto source = accounts_.find(from);
    if (source == accounts_.end()) return fmt::format("there is no account '{}'", from);
    auto target = accounts_.find(to);
    if (target == accounts_.end()) return fmt::format("there is no account '{}'", to);
    if (source == target) return fmt::format("from and to are both {}", from);
    if (auto fault = count(*amount)) return fault;
    ids_.emplace(id, record.line);
    input_.transfers.push_back(
        {std::move(id), source->second.index, target->second.index, *amount, std::move(memo)});
    return std::nullopt;
  }

  Input& input() { return input_; }

 private:
  struct Place {
    AccountIndex index;
    std::size_t line;
  };

  // Adds to what all openings and transfers come to, if that still fits.
  std::optional<Reason> count(Cents cents) {
    if (cents > std::numeric_limits<Cents>::max() - total_)
      return Reason{"all amounts together would not fit in 64 bits"};
    total_ += cents;
    return std::nullopt;
  }

  Input input_{};
  Cents total_ = 0;
  std::unordered_map<std::string, Place> accounts_;
  std::unordered_map<std::string, std::size_t> ids_;
};

// FNV-1a. It need not stand up to an attacker, only tell files apart.
std::uint64_t digest(std::uint64_t state, std::string_view bytes) {
  for (char byte : bytes) state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return state;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Source read_source(const std::string& path) {
  std::string name = path == "-" ? "standard input" : path;
  std::unique_ptr<std::FILE, CloseFile> opened;
  if (path != "-") {
    opened.reset(std::fopen(path.c_str(), "rb"));
    if (!opened) throw InputError{fmt::format("{}: {}", name, std::strerror(errno))};
  }
  std::FILE* file = opened ? opened.get() : stdin;
  Source source{std::move(name), {}};
  std::array<char, 65536> buffer;
  while (std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file)) source.text.append(buffer.data(), got);
  if (std::ferror(file)) throw InputError{fmt::format("{}: {}", source.name, std::strerror(errno))};
  return source;
}

Input read_input(const Source& accounts, const Source& transfers) {
  Intake intake;
  read_records(accounts, account_columns, intake.input(), [&](CsvRecord& r) { return intake.account(r); });
  if (intake.input().accounts.empty()) throw InputError{fmt::format("{}: no account", accounts.name)};
  read_records(transfers, transfer_columns, intake.input(), [&](CsvRecord& r) { return intake.transfer(r); });
  // The lengths are mixed in so that a line cannot move from one file to the other unseen.
  std::string lengths = fmt::format("{},{};", accounts.text.size(), transfers.text.size());
  constexpr std::uint64_t offset_basis = 0xcbf29ce484222325;
  intake.input().digest = digest(digest(digest(offset_basis, lengths), accounts.text), transfers.text);
  return std::move(intake.input());
}

std::string rejects_csv(const std::vector<Rejected>& rejected) {
  std::string out = "file,line,reason,text\n";
  for (const Rejected& r : rejected)
    out += fmt::format("{},{},{},{}\n", csv_field(r.file), r.line, csv_field(r.reason), csv_field(r.text));
  return out;
}

}  // namespace bank
