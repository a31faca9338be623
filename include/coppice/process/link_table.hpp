// LinkTable: a process's ends of its links, in as few bytes as they need.
//
//   to the parent   most processes' only link: a mark, since the process knows its parent anyway
//   in a word       any other that is active: slot, generation and kind
//   apart           what needs more than a word: unlinked and not yet acknowledged, or to another node; in a table that few
//                   processes ever make
//
// A link is in one of the three. An empty table costs 8 bytes; a link to the parent costs nothing, another active one 8 bytes
// and its share of the table's index. Order depends on the operations alone, never on addresses.
//
// Thread safety: its process's alone.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <coppice/base/dense_table.hpp>
#include <coppice/base/export.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/relations.hpp>

namespace coppice::process {

class Process;

// An active link within the program.
class LinkWord {
 public:
  // Slots count upwards and generations hardly differ, so the slot has to be in the low bits of what is hashed.
  struct Key {
    std::uint64_t bits;
    friend bool operator==(Key, Key) = default;
    friend std::size_t hash_value(Key key) noexcept { return std::rotl(key.bits, 32); }
  };

  explicit LinkWord(const Link& link) noexcept
      : bits_{static_cast<std::uint64_t>(link.kind) << kind_at | bits_of(link.other)} {}

  // The pid in a word; Process keeps its parent so, too.
  static constexpr std::uint64_t bits_of(Pid pid) noexcept { return std::uint64_t{pid.slot()} << 32 | pid.generation(); }
  static constexpr Pid pid_of(std::uint64_t bits) noexcept {
    return Pid{0, static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits)};
  }
  static constexpr Key key_of(Pid pid) noexcept { return {bits_of(pid)}; }

  Key key() const noexcept { return {bits_ & ((std::uint64_t{1} << kind_at) - 1)}; }
  Link link() const noexcept { return {pid_of(key().bits), static_cast<Link::Kind>(bits_ >> kind_at)}; }

 private:
  static constexpr int kind_at = 60;  // above the slot, which has 25 bits

  std::uint64_t bits_;
};

// What a process says of the link to its parent.
enum class ParentLink : std::uint8_t { none, mutual, owned };

// The functions take the process whose table it is: the mark and the links apart lie elsewhere in it.
class COPPICE_API LinkTable {
 public:
  bool empty(const Process& self) const noexcept;
  std::optional<Link> find(const Process& self, Pid other) const noexcept;
  // Active or not; who is linked already, and is no link apart, must not be added again.
  void add(Process& self, const Link& link);
  // Makes an active link inactive, until that acknowledgement.
  void unlink(Process& self, Pid other, std::uint64_t unlink_id);
  bool erase(Process& self, Pid other) noexcept;
  // One that is left, the latest first and the parent's last; the table must not be empty.
  Link take_last(Process& self) noexcept;

  // Of the active ones.
  template <class F>
  void for_each_active(const Process& self, F f) const;

 private:
  static Link to_parent(const Process& self) noexcept;
  bool erase_active(Process& self, Pid other) noexcept;

  base::DenseTable<LinkWord> words_;
};

}  // namespace coppice::process
