#include "journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bank {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view tried) {
  throw JournalError{fmt::format("{}: {}: {}", path.native(), tried, std::strerror(errno))};
}

Descriptor open_file(const fs::path& path, int flags) {
  Descriptor file{::open(path.c_str(), flags | O_CLOEXEC, 0644)};
  if (file.get() < 0) fail(path, "cannot be opened");
  return file;
}

void write_all(int fd, std::string_view bytes, std::size_t at, const fs::path& path) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::size_t>(written);
  }
}

void sync(int fd, const fs::path& path) {
  if (::fdatasync(fd) != 0) fail(path, "cannot be synced");
}

std::string read_all(int fd, const fs::path& path) {
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(bytes.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read");
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Recovery recover(std::string_view bytes, const fs::path& path, std::uint64_t input_digest, const EntrySink& sink) {
  auto digest = decode_header(bytes);
  if (!digest) throw JournalError{fmt::format("{}: this is not a bank's journal", path.native())};
  if (*digest != input_digest)
    throw JournalError{
        fmt::format("{}: this journal was begun with other input files ({:016x}, these are {:016x}): finish it with "
                    "those, name another --state folder, or delete it",
                    path.native(), *digest, input_digest)};
  Recovery recovery{.bytes = journal_header_size};
  for (;;) {
    auto group = decode_group(bytes.substr(recovery.bytes));
    if (!group) {
      if (group.error() == GroupFault::damaged)
        throw JournalError{fmt::format("{}: the group at byte {} is damaged, and more follows: what was promised there "
                                       "is lost, so nothing may be built on this file",
                                       path.native(), recovery.bytes)};
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

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void sync_folder(const fs::path& folder) {
  Descriptor opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(opened.get()) != 0) fail(folder, "cannot be synced");
}

void create_journal(const fs::path& path, std::uint64_t input_digest) {
  fs::path draft = path;
  draft += ".new";
  {
    Descriptor file = open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(file.get(), encode_header(input_digest), 0, draft);
    sync(file.get(), draft);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) fail(draft, "cannot be renamed");
  sync_folder(path.parent_path());
}

Recovery read_journal(const fs::path& path, std::uint64_t input_digest, const EntrySink& sink) {
  Descriptor file = open_file(path, O_RDONLY);
  return recover(read_all(file.get(), path), path, input_digest, sink);
}

Journal::Journal(fs::path path, std::uint64_t input_digest, const EntrySink& sink)
    : path_{std::move(path)}, file_{open_file(path_, O_RDWR)} {
  while (::flock(file_.get(), LOCK_EX) != 0)
    if (errno != EINTR) fail(path_, "cannot be locked");
  recovery_ = recover(read_all(file_.get(), path_), path_, input_digest, sink);
  size_ = recovery_.bytes;
  if (recovery_.dropped > 0 && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
    fail(path_, "its torn end cannot be cut off");
  sync(file_.get(), path_);  // also what a predecessor wrote but had no time to sync
}

void Journal::append(std::string_view entries) {
  if (broken_) throw JournalError{fmt::format("{}: an earlier write failed", path_.native())};
  std::string group = encode_group(entries);
  broken_ = true;
  write_all(file_.get(), group, size_, path_);
  sync(file_.get(), path_);
  broken_ = false;
  size_ += group.size();
}

}  // namespace bank
