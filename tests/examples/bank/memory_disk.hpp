// A disk in memory for a bank in simulation. It tells what was synced from what was only written, and so knows what a crash
// of the machine would leave at any moment.
#pragma once

#include <coppice/coppice.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "examples/bank/audit.hpp"
#include "examples/bank/journal.hpp"

namespace bank_test {

class MemoryDisk {
 public:
  explicit MemoryDisk(std::string bytes) : written_{std::move(bytes)}, synced_{written_} {}
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // The disk must outlive what it gives. Who opens the file takes it from a predecessor that was killed with it.
  bank::OpenJournal journal() {
    return [this] { return std::make_unique<File>(*this); };
  }

  // What is there after a crash, whenever it comes.
  const std::string& synced() const { return synced_; }
  // What a crash at this moment leaves: also some first part of what was not synced.
  std::string after_crash() const {
    const std::size_t torn = written_.size() - std::min(synced_.size(), written_.size());
    return written_.substr(0, written_.size() - torn + coppice::random_number(torn + 1));
  }

  // Is called when something was written and not yet synced.
  std::function<void()> on_write = [] {};

 private:
  class File final : public bank::JournalFile {
   public:
    explicit File(MemoryDisk& disk) : disk_{disk}, turn_{++disk.turn_} {}

    std::string name() const override { return "memory"; }
    std::string read() override { return disk_.written_; }
    void write(std::string_view bytes, std::size_t at) override {
      if (turn_ != disk_.turn_) throw bank::JournalError{"memory: another ledger has opened it"};
      disk_.written_.replace(at, std::string::npos, bytes);
      disk_.on_write();
    }
    void cut_off(std::size_t size) override { disk_.written_.resize(size); }
    void sync() override { disk_.synced_ = disk_.written_; }

   private:
    MemoryDisk& disk_;
    const std::uint64_t turn_;
  };

  std::string written_;
  std::string synced_;
  std::uint64_t turn_ = 0;
};

// What a journal of these bytes holds. Throws JournalError.
inline std::vector<bank::Posted> entries_of(const std::string& bytes, std::uint64_t digest) {
  MemoryDisk disk{bytes};
  std::vector<bank::Posted> entries;
  bank::Journal journal{disk.journal()(), digest, [&entries](const bank::Entry& entry) { entries.emplace_back(entry); }};
  return entries;
}

}  // namespace bank_test
