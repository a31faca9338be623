#include "journal_file.hpp"

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

void sync_data(int fd, const fs::path& path) {
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

class FileOnDisk final : public JournalFile {
 public:
  explicit FileOnDisk(const fs::path& path) : path_{path}, file_{open_file(path, O_RDWR)} {
    while (::flock(file_.get(), LOCK_EX) != 0)
      if (errno != EINTR) fail(path_, "cannot be locked");
  }

  std::string name() const override { return path_.native(); }
  std::string read() override { return read_all(file_.get(), path_); }
  void write(std::string_view bytes, std::size_t at) override { write_all(file_.get(), bytes, at, path_); }
  void cut_off(std::size_t size) override {
    if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) fail(path_, "its torn end cannot be cut off");
  }
  void sync() override { sync_data(file_.get(), path_); }

 private:
  fs::path path_;
  Descriptor file_;
};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::unique_ptr<JournalFile> open_journal_file(const fs::path& path) { return std::make_unique<FileOnDisk>(path); }

void create_file(const fs::path& path, std::string_view bytes) {
  fs::path draft = path;
  draft += ".new";
  {
    Descriptor file = open_file(draft, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(file.get(), bytes, 0, draft);
    sync_data(file.get(), draft);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) fail(draft, "cannot be renamed");
  sync_folder(path.parent_path());
}

std::string read_file(const fs::path& path) {
  Descriptor file = open_file(path, O_RDONLY);
  return read_all(file.get(), path);
}

void sync_folder(const fs::path& folder) {
  Descriptor opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(opened.get()) != 0) fail(folder, "cannot be synced");
}

}  // namespace bank
