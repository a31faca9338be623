#include <coppice/process/link_table.hpp>

#include <coppice/process/process.hpp>

namespace coppice::process {
namespace {

bool is_to_parent(const Process& self, Pid other) noexcept {
  return self.parent_link != ParentLink::none && other == self.parent();
}

bool erase_apart(Process& self, Pid other) noexcept {
  return self.rare_parts != nullptr && self.rare_parts->links_apart.erase(other);
}

}  // namespace

Link LinkTable::to_parent(const Process& self) noexcept {
  return {self.parent(), self.parent_link == ParentLink::owned ? Link::Kind::owned : Link::Kind::mutual};
}

bool LinkTable::empty(const Process& self) const noexcept {
  return words_.empty() && self.parent_link == ParentLink::none &&
         (self.rare_parts == nullptr || self.rare_parts->links_apart.empty());
}

std::optional<Link> LinkTable::find(const Process& self, Pid other) const noexcept {
  if (is_to_parent(self, other)) return to_parent(self);
  if (other.node() == 0)
    if (const LinkWord* word = words_.find(LinkWord::key_of(other))) return word->link();
  if (self.rare_parts != nullptr)
    if (const Link* link = self.rare_parts->links_apart.find(other)) return *link;
  return std::nullopt;
}

void LinkTable::add(Process& self, const Link& link) {
  erase_apart(self, link.other);
  if (!link.is_active() || link.other.node() != 0)
    self.rare().links_apart.insert(link);
  else if (link.other != self.parent() || link.kind == Link::Kind::owner)
    words_.insert(LinkWord{link});
  else
    self.parent_link = link.kind == Link::Kind::owned ? ParentLink::owned : ParentLink::mutual;
}

void LinkTable::unlink(Process& self, Pid other, std::uint64_t unlink_id) {
  self.rare().links_apart.insert(Link{.other = other, .unlink_id = unlink_id});
  erase_active(self, other);
}

bool LinkTable::erase(Process& self, Pid other) noexcept { return erase_active(self, other) || erase_apart(self, other); }

Link LinkTable::take_last(Process& self) noexcept {
  if (!words_.empty()) return words_.take_last().link();
  if (self.parent_link == ParentLink::none) return self.rare_parts->links_apart.take_last();
  const Link link = to_parent(self);
  self.parent_link = ParentLink::none;
  return link;
}

bool LinkTable::erase_active(Process& self, Pid other) noexcept {
  if (!is_to_parent(self, other)) return other.node() == 0 && words_.erase(LinkWord::key_of(other));
  self.parent_link = ParentLink::none;
  return true;
}

}  // namespace coppice::process
