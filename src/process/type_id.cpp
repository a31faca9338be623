#include <coppice/process/type_id.hpp>

#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace coppice::process {

std::string demangle(const char* name) {
  if (*name == '*') ++name;  // GCC's mark for types of internal linkage
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text{abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free};
  return status == 0 ? std::string{text.get()} : std::string{name};
}

std::string TypeId::name() const { return type_ == nullptr ? std::string{"nothing"} : demangle(type_->info->name()); }

}  // namespace coppice::process
