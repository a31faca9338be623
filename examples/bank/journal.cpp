#include "journal.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace bank {

namespace {

namespace fs = std::filesystem;

Recovery recover(std::string_view bytes, const std::string& name, std::uint64_t input_digest, const EntrySink& sink) {
  auto digest = decode_header(bytes);
  if (!digest) throw JournalError{fmt::format("{}: this is not a bank's journal", name)};
  if (*digest != input_digest)
    throw JournalError{
        fmt::format("{}: this journal was begun with other input files ({:016x}, these are {:016x}): finish it with "
                    "those, name another --state folder, or delete it",
                    name, *digest, input_digest)};
  Recovery recovery{.bytes = journal_header_size};
  for (;;) {
    auto group = decode_group(bytes.substr(recovery.bytes));
    if (!group) {
      if (group.error() == GroupFault::damaged)
        throw JournalError{fmt::format("{}: the group at byte {} is damaged, and more follows: what was promised there "
                                       "is lost, so nothing may be built on this file",
                                       name, recovery.bytes)};
      recovery.dropped = bytes.size() - recovery.bytes;
      return recovery;
    }
    ++recovery.groups;
    recovery.entries += group->entries.size();
    recovery.bytes += group->size;
    for (const Entry& entry : group->entries) sink(entry);
  }
}

}  // namespace

void create_journal(const fs::path& path, std::uint64_t input_digest) { create_file(path, encode_header(input_digest)); }

Recovery read_journal(const fs::path& path, std::uint64_t input_digest, const EntrySink& sink) {
  return recover(read_file(path), path.native(), input_digest, sink);
}

Journal::Journal(std::unique_ptr<JournalFile> file, std::uint64_t input_digest, const EntrySink& sink)
    : file_{std::move(file)} {
  recovery_ = recover(file_->read(), file_->name(), input_digest, sink);
  size_ = recovery_.bytes;
  if (recovery_.dropped > 0) file_->cut_off(size_);
  file_->sync();  // also what a predecessor wrote but had no time to sync
}

Journal::Journal(const fs::path& path, std::uint64_t input_digest, const EntrySink& sink)
    : Journal{open_journal_file(path), input_digest, sink} {}

void Journal::append(std::string_view entries) {
  if (broken_) throw JournalError{fmt::format("{}: an earlier write failed", file_->name())};
  std::string group = encode_group(entries);
  broken_ = true;
  file_->write(group, size_);
  file_->sync();  // only now is it promised
  broken_ = false;
  size_ += group.size();
}

}  // namespace bank
