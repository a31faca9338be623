// The journal file: what the bank has promised. A group of entries is on the disk when append() returns, and nothing is
// answered before; after a crash in the middle of a write the torn group at the end is cut off, which nobody was told of.
//
// Thread safety: none; one owner at a time. The file is locked as long as a Journal has it open, so that a ledger that
// is started while its killed predecessor's last write is still under way waits for it to end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "journal_group.hpp"

namespace bank {

// Says which file, what was tried, and what the system or the bytes said.
class JournalError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An open file that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_{fd} {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }

 private:
  int fd_;
};

// Gets the entries in order; each refers to bytes that last for the call only.
using EntrySink = std::function<void(const Entry&)>;

struct Recovery {
  std::size_t groups = 0;
  std::size_t entries = 0;
  std::size_t bytes = 0;    // sound ones, with the header
  std::size_t dropped = 0;  // bytes of the torn group after them
};

// Makes an empty journal for these input files. It is there with its header, or not at all, whenever a crash comes.
void create_journal(const std::filesystem::path& path, std::uint64_t input_digest);

// Reads a journal without changing it. Throws JournalError if the file is damaged, or made for other input files.
Recovery read_journal(const std::filesystem::path& path, std::uint64_t input_digest, const EntrySink& sink);

class Journal {
 public:
  // Opens an existing journal for appending: waits until no one else has it open, hands every entry to the sink, cuts a
  // torn group off and syncs, so that all that was handed out stays. Throws JournalError as read_journal does.
  Journal(std::filesystem::path path, std::uint64_t input_digest, const EntrySink& sink);

  // Writes entries (as append_entry makes them) as one group and syncs. Throws JournalError; nothing can be appended then.
  void append(std::string_view entries);

  const Recovery& recovery() const { return recovery_; }

 private:
  std::filesystem::path path_;
  Descriptor file_;
  Recovery recovery_;
  std::size_t size_ = 0;
  bool broken_ = false;
};

// Makes a rename or a new file in this folder last. Throws JournalError.
void sync_folder(const std::filesystem::path& folder);

}  // namespace bank
