#include <coppice/process/exit_reason.hpp>

#include <exception>
#include <typeinfo>

#include <cxxabi.h>

namespace coppice {
namespace process {

ReasonBlock::~ReasonBlock() = default;

namespace {

class ErrorBlock final : public ReasonBlock {
 public:
  explicit ErrorBlock(ErrorInfo info) : ReasonBlock{ReasonKind::error}, info_{std::move(info)} {}
  TypeId type() const noexcept override { return TypeId::of<ErrorInfo>(); }
  const void* payload() const noexcept override { return &info_; }
  bool equals(const ReasonBlock& other) const noexcept override {
    const auto& o = *static_cast<const ErrorInfo*>(other.payload());
    const bool same_type = o.thrown == info_.thrown ||
                           (o.thrown != nullptr && info_.thrown != nullptr && *o.thrown == *info_.thrown);
    return same_type && o.message == info_.message;
  }
  std::string text() const override { return info_.text(); }

 private:
  ErrorInfo info_;
};

}  // namespace

std::string ErrorInfo::type_name() const { return thrown == nullptr ? std::string{} : demangle(thrown->name()); }

std::string ErrorInfo::text() const {
  std::string place;
  if (where) place = "in " + where.name();
  if (handling) place += (place.empty() ? "handling " : " handling ") + handling.name();
  std::string out = message;
  const std::string type = type_name();
  if (!type.empty() || !place.empty())
    out += " (" + type + (type.empty() || place.empty() ? "" : ", ") + place + ")";
  return out;
}

}  // namespace process

ExitReason ExitReason::error(process::ErrorInfo info) { return adopt(new process::ErrorBlock{std::move(info)}); }

ExitReason ExitReason::error(std::string message) {
  return error(process::ErrorInfo{nullptr, std::move(message), nullptr, {}, {}});
}

ExitReason ExitReason::error(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return error(process::ErrorInfo{exception, e.what(), &typeid(e), {}, {}});
  } catch (...) {
    return error(process::ErrorInfo{exception, "not a std::exception", abi::__cxa_current_exception_type(), {}, {}});
  }
}

const process::ErrorInfo* ExitReason::error_info() const noexcept {
  return is_error() ? static_cast<const process::ErrorInfo*>(block()->payload()) : nullptr;
}

std::string ExitReason::text() const {
  using process::ReasonKind;
  switch (kind()) {
    case ReasonKind::normal: return "normal";
    case ReasonKind::shutdown: return "shutdown";
    case ReasonKind::kill: return "kill";
    case ReasonKind::killed: return "killed";
    case ReasonKind::noproc: return "noproc";
    case ReasonKind::noconnection: return "noconnection";
    case ReasonKind::calling_self: return "calling_self";
    case ReasonKind::timeout: return "timeout";
    case ReasonKind::shutdown_with: return "shutdown: " + block()->text();
    case ReasonKind::custom: return block()->text();
    case ReasonKind::error: return "error: " + block()->text();
  }
  return {};
}

bool ExitReason::equals(const ExitReason& other) const noexcept {
  if (word_ == other.word_) return true;
  if (kind() != other.kind() || !shared()) return false;
  return block()->equals(*other.block());
}

}  // namespace coppice
