// What a journal is kept in: a file on a disk; in a simulation, memory that stands for one (JournalFile is the seam).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bank {

// Says which file, what was tried, and what the system or the bytes said.
class JournalError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An open journal's bytes, which nobody else has open. Each function throws JournalError. Thread safety: none.
class JournalFile {
 public:
  JournalFile() = default;
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;
  virtual ~JournalFile() = default;

  virtual std::string name() const = 0;  // in messages
  virtual std::string read() = 0;        // all of it
  virtual void write(std::string_view bytes, std::size_t at) = 0;
  virtual void cut_off(std::size_t size) = 0;
  // What was written before it is there after a crash; until then a part of it may be.
  virtual void sync() = 0;
};

// Opens a journal; waits until no one else has it open.
using OpenJournal = std::function<std::unique_ptr<JournalFile>()>;

// The file must exist.
std::unique_ptr<JournalFile> open_journal_file(const std::filesystem::path& path);
inline OpenJournal journal_on_disk(std::filesystem::path path) {
  return [path = std::move(path)] { return open_journal_file(path); };
}

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

// Makes a file with these bytes: it is there as a whole, or not at all, whenever a crash comes. Throws JournalError.
void create_file(const std::filesystem::path& path, std::string_view bytes);

// Throws JournalError.
std::string read_file(const std::filesystem::path& path);

// Makes a rename or a new file in this folder last. Throws JournalError.
void sync_folder(const std::filesystem::path& folder);

}  // namespace bank
