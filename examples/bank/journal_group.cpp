#include "journal_group.hpp"

#include <array>
#include <concepts>
#include <cstring>
#include <utility>

namespace bank {

namespace {

constexpr std::string_view magic{"coppice bank 1\n\0", 16};

// Tables for eight bytes at a time ("slicing"): the nth for a byte with n more behind it.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr CrcTables crc_tables = [] {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    tables[0][byte] = crc;
  }
  for (std::size_t n = 1; n < tables.size(); ++n)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      std::uint32_t before = tables[n - 1][byte];
      tables[n][byte] = tables[0][before & 0xffu] ^ (before >> 8);
    }
  return tables;
}();

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (std::size_t byte = 0; byte < sizeof value; ++byte) out += static_cast<char>((value >> (8 * byte)) & 0xffu);
}

template <std::unsigned_integral T>
T get(std::string_view bytes, std::size_t at) {
  std::array<unsigned char, sizeof(T)> raw;
  std::memcpy(raw.data(), bytes.data() + at, raw.size());
  T value = 0;
  for (std::size_t byte = 0; byte < raw.size(); ++byte)
    value |= static_cast<T>(static_cast<T>(raw[byte]) << (8 * byte));
  return value;
}

std::uint32_t check_of(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    const std::uint64_t eight = get<std::uint64_t>(bytes, 0) ^ crc;
    crc = 0;
    for (std::size_t n = 0; n < 8; ++n) crc ^= crc_tables[7 - n][(eight >> (8 * n)) & 0xffu];
  }
  for (char byte : bytes) crc = crc_tables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xffu] ^ (crc >> 8);
  return ~crc;
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// Takes values off the front of a group's entries; `ok` turns false where they end too early.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  template <std::unsigned_integral T>
  T number() {
    if (rest.size() < sizeof(T)) ok = false;
    if (!ok) return 0;
    T value = get<T>(rest, 0);
    rest.remove_prefix(sizeof(T));
    return value;
  }

  std::string_view text() {
    std::size_t size = number<std::uint32_t>();
    if (size > rest.size()) ok = false;
    if (!ok) return {};
    std::string_view value = rest.substr(0, size);
    rest.remove_prefix(size);
    return value;
  }
};

std::optional<std::vector<Entry>> decode_entries(std::string_view bytes) {
  std::vector<Entry> entries;
  Cursor cursor{bytes};
  while (!cursor.rest.empty()) {
    Entry entry{};
    entry.id = cursor.text();
    entry.from = cursor.text();
    entry.to = cursor.text();
    entry.memo = cursor.text();
    entry.cents = static_cast<std::int64_t>(cursor.number<std::uint64_t>());
    if (!cursor.ok) return std::nullopt;
    entries.push_back(entry);
  }
  return entries;
}

bool header_holds(std::string_view bytes) {
  return bytes.size() >= group_header_size && check_of(bytes.substr(0, 8)) == get<std::uint32_t>(bytes, 8);
}

// The entries' bytes if a whole and sound group begins here.
std::optional<std::string_view> sound_group(std::string_view bytes) {
  if (!header_holds(bytes)) return std::nullopt;
  std::size_t size = get<std::uint32_t>(bytes, 0);
  if (size > bytes.size() - group_header_size) return std::nullopt;
  std::string_view entries = bytes.substr(group_header_size, size);
  if (check_of(entries) != get<std::uint32_t>(bytes, 4)) return std::nullopt;
  return entries;
}

// Whether a sound group begins anywhere further on. Eight zero bytes have a check of their own, which zeros that a
// crash leaves behind do not match, and an empty group is never written.
bool sound_group_follows(std::string_view bytes) {
  for (std::size_t at = 1; at + group_header_size <= bytes.size(); ++at) {
    auto entries = sound_group(bytes.substr(at));
    if (entries && !entries->empty()) return true;
  }
  return false;
}

}  // namespace

std::string encode_header(std::uint64_t input_digest) {
  std::string out{magic};
  put(out, input_digest);
  put(out, std::uint32_t{0});
  put(out, check_of(out));
  return out;
}

std::optional<std::uint64_t> decode_header(std::string_view bytes) {
  if (bytes.size() < journal_header_size || !bytes.starts_with(magic)) return std::nullopt;
  if (check_of(bytes.substr(0, 28)) != get<std::uint32_t>(bytes, 28)) return std::nullopt;
  return get<std::uint64_t>(bytes, 16);
}

void append_entry(std::string& entries, const Entry& entry) {
  put_text(entries, entry.id);
  put_text(entries, entry.from);
  put_text(entries, entry.to);
  put_text(entries, entry.memo);
  put(entries, static_cast<std::uint64_t>(entry.cents));
}

std::string encode_group(std::string_view entries) {
  std::string out;
  out.reserve(group_header_size + entries.size());
  put(out, static_cast<std::uint32_t>(entries.size()));
  put(out, check_of(entries));
  put(out, check_of(out));
  out += entries;
  return out;
}

std::expected<Group, GroupFault> decode_group(std::string_view bytes) {
  if (bytes.empty()) return std::unexpected{GroupFault::end};
  if (auto entries = sound_group(bytes)) {
    auto decoded = decode_entries(*entries);
    if (!decoded) return std::unexpected{GroupFault::damaged};  // sound bytes that this program did not write
    return Group{*std::move(decoded), group_header_size + entries->size()};
  }
  return std::unexpected{sound_group_follows(bytes) ? GroupFault::damaged : GroupFault::torn};
}

}  // namespace bank
