#include "state_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

namespace bank {

namespace fs = std::filesystem;

StateFolder::StateFolder(fs::path folder) : folder_{std::move(folder)} {
  std::error_code fault;
  fs::create_directories(folder_, fault);
  if (fault) throw JournalError{fmt::format("{}: cannot be made: {}", folder_.native(), fault.message())};
  lock_ = Descriptor{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (lock_.get() < 0) throw JournalError{fmt::format("{}: {}", folder_.native(), std::strerror(errno))};
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
    throw JournalError{fmt::format("{}: {}", folder_.native(),
                                   errno == EWOULDBLOCK ? "another bank is at work here" : std::strerror(errno))};
}

Recovery StateFolder::begin(std::uint64_t input_digest, const EntrySink& sink) const {
  if (fs::exists(journal())) return read_journal(journal(), input_digest, sink);
  create_journal(journal(), input_digest);
  return {};
}

void StateFolder::finish() const {
  std::error_code fault;
  fs::rename(journal(), finished_journal(), fault);
  if (fault) throw JournalError{fmt::format("{}: cannot be put aside: {}", journal().native(), fault.message())};
  sync_folder(folder_);
}

void write_file(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  const bool in_place = fs::exists(path, ignored) && !fs::is_regular_file(path, ignored);
  fs::path draft = path;
  if (!in_place) draft += ".new";
  std::FILE* file = std::fopen(draft.c_str(), "wb");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  bool closed = file != nullptr && std::fclose(file) == 0;
  if (written && closed && (in_place || std::rename(draft.c_str(), path.c_str()) == 0)) return;
  throw JournalError{fmt::format("{}: cannot be written: {}", path.native(), std::strerror(errno))};
}

}  // namespace bank
