// How the journal's bytes are laid out. Pure functions.
//
// The file is a header of 32 bytes, then groups. A group is what the ledger writes and syncs at once, so a crash tears
// at most the last one. All numbers are little endian.
//
//   header   "coppice bank 1\n" and a zero, 16 bytes · digest of the input files, u64 · zero, u32 · check, u32
//   group    length of the entries, u32 · check of the entries, u32 · check of the eight bytes before, u32 · entries
//   entry    id, from, to, memo: each its length, u32, and its bytes · cents, i64
//
// A check is a CRC-32. The group's own header is checked apart from the entries, so that a broken length is known as such.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bank {

// A transfer as the journal holds it: whole, and readable without the input files. Refers to bytes that it does not own,
// since a ledger that starts reads very many.
struct Entry {
  std::string_view id;
  std::string_view from;
  std::string_view to;
  std::int64_t cents;
  std::string_view memo;

  friend bool operator==(const Entry&, const Entry&) = default;
};

constexpr std::size_t journal_header_size = 32;
constexpr std::size_t group_header_size = 12;

std::string encode_header(std::uint64_t input_digest);
std::optional<std::uint64_t> decode_header(std::string_view bytes);  // the digest; nothing if it is no such header

// Adds an entry to what will be a group.
void append_entry(std::string& entries, const Entry& entry);

std::string encode_group(std::string_view entries);

enum class GroupFault {
  end,      // no more bytes
  torn,     // the bytes end too early, or the check fails and nothing follows
  damaged,  // the check fails and more follows: no crash while writing can have done that
};

struct Group {
  std::vector<Entry> entries;  // referring to the bytes
  std::size_t size;  // in bytes, with its header
};

// The group at the beginning of `bytes`, which reach to the end of the file.
std::expected<Group, GroupFault> decode_group(std::string_view bytes);

}  // namespace bank
