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
#include <memory>
#include <string_view>

#include "journal_file.hpp"
#include "journal_group.hpp"

namespace bank {

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
  // Takes an existing journal for appending: hands every entry to the sink, cuts a torn group off and syncs, so that all
  // that was handed out stays. Throws JournalError as read_journal does.
  Journal(std::unique_ptr<JournalFile> file, std::uint64_t input_digest, const EntrySink& sink);
  // Opens it first, and waits until no one else has it open.
  Journal(const std::filesystem::path& path, std::uint64_t input_digest, const EntrySink& sink);

  // Writes entries (as append_entry makes them) as one group and syncs. Throws JournalError; nothing can be appended then.
  void append(std::string_view entries);

  const Recovery& recovery() const { return recovery_; }

 private:
  std::unique_ptr<JournalFile> file_;
  Recovery recovery_;
  std::size_t size_ = 0;
  bool broken_ = false;
};

}  // namespace bank
