#include <coppice/supervision/supervisor_ref.hpp>

#include "dynamic_server.hpp"
#include "requests.hpp"

namespace coppice::supervision {

SpecMaker::~SpecMaker() = default;

using behaviour::make_call;
using process::CallPtr;

CallPtr make_start_dynamic(ChildSpec spec) {
  return make_call<DynamicServer, StartChild>(std::move(spec));
}
CallPtr make_start_from_template(std::unique_ptr<SpecMaker> maker) {
  return make_call<DynamicServer, StartFromTemplate>(std::move(maker));
}
CallPtr make_terminate_process(Pid child) {
  return make_call<DynamicServer, TerminateProcess>(child);
}
CallPtr make_which_process(Pid child) { return make_call<DynamicServer, WhichProcess>(child); }
CallPtr make_process_spec(Pid child) { return make_call<DynamicServer, GetProcessSpec>(child); }
CallPtr make_which_dynamic() { return make_call<DynamicServer, WhichChildren>(); }
CallPtr make_count_dynamic() { return make_call<DynamicServer, CountChildren>(); }

}  // namespace coppice::supervision
