#include <coppice/process/atom.hpp>

#include <unordered_set>

#include <coppice/base/sync.hpp>

namespace coppice {
namespace {

// Never destroyed: an Atom may be used while static objects end. Nodes of an unordered_set do not move.
struct Table {
  base::SharedMutex lock;
  std::unordered_set<std::string> texts;
};

Table& table() {
  static Table& the = *new Table;
  return the;
}

}  // namespace

Atom::Atom(std::string_view text) {
  if (text.empty()) return;
  Table& atoms = table();
  const std::string key{text};
  {
    const base::ReadLock reading{atoms.lock};
    if (const auto found = atoms.texts.find(key); found != atoms.texts.end()) {
      text_ = &*found;
      return;
    }
  }
  const base::WriteLock writing{atoms.lock};
  text_ = &*atoms.texts.insert(key).first;
}

}  // namespace coppice
