// The folder that a run keeps its journal in, held by one program at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "journal.hpp"

namespace bank {

class StateFolder {
 public:
  // Makes the folder if it is missing and locks it. Throws JournalError, also if another program has it.
  explicit StateFolder(std::filesystem::path folder);

  std::filesystem::path journal() const { return folder_ / "journal"; }
  std::filesystem::path finished_journal() const { return folder_ / "finished.journal"; }
  std::filesystem::path rejects() const { return folder_ / "rejects.csv"; }

  // Reads the journal that an earlier run has left, or makes an empty one.
  Recovery begin(std::uint64_t input_digest, const EntrySink& sink) const;

  // The work is done: the journal is put aside, in place of the last finished one, and the next run starts afresh.
  void finish() const;

 private:
  std::filesystem::path folder_;
  Descriptor lock_;
};

// Writes a file as a whole: under another name first, so that there is never half of it; but a device or pipe directly.
// Throws JournalError.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace bank
