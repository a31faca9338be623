// Protocol: what a server answers, without the server's definition.
//
//   using Store = Protocol<int(Get), void(Reset)>;     // R(M): call<M> gives R; void(M): cast<M>
//   ServerRef<Store> store = counter;                  // from the ServerRef of any server that has those handlers
//
// It is a pid and the address of a table that was made, and checked, where the ServerRef was converted: a compile firewall,
// and an interface to program against.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <coppice/behaviour/server_ref.hpp>

namespace coppice {

template <class... Signatures>
struct Protocol {};

namespace behaviour {

template <class Signature>
struct SignatureOf;
template <class R, class M>
struct SignatureOf<R(M)> {
  using Result = R;
  using Message = std::remove_cvref_t<M>;
  static constexpr bool is_cast = std::is_void_v<R>;
};

template <class M, class... Signatures>
constexpr std::size_t index_in_protocol() {
  std::size_t at = sizeof...(Signatures), i = 0;
  ((std::is_same_v<typename SignatureOf<Signatures>::Message, M> ? at = i : 0, ++i), ...);
  return at;
}

// What a Protocol needs of a server class, one entry a signature.
template <class S, class Signature>
constexpr const ServerSignalType* protocol_entry() {
  using M = typename SignatureOf<Signature>::Message;
  if constexpr (SignatureOf<Signature>::is_cast) {
    require_cast<S, M>();
    return &cast_type<S, M>;
  } else {
    require_call<S, M>();
    static_assert(std::is_same_v<call_result_t<S, M>, typename SignatureOf<Signature>::Result>,
                  "the Protocol says another reply type than the server's handle_call");
    return &call_type<S, M>;
  }
}
template <class S, class... Signatures>
inline constexpr std::array<const ServerSignalType*, sizeof...(Signatures)> protocol_table{
    protocol_entry<S, Signatures>()...};

template <class M, class Protocol>
struct This_protocol_has_no_call_of;
template <class M, class Protocol>
struct This_protocol_has_no_cast_of;

}  // namespace behaviour

template <class... Signatures>
class ServerRef<Protocol<Signatures...>> {
 public:
  constexpr ServerRef() = default;
  // From any server that has a handler for each signature; else a compile error that names it.
  template <class S>
  constexpr ServerRef(ServerRef<S> server) noexcept
      : pid_{server.pid()}, table_{behaviour::protocol_table<behaviour::hosted_t<S>, Signatures...>.data()} {}

  constexpr Pid pid() const noexcept { return pid_; }
  constexpr operator Pid() const noexcept { return pid_; }

  template <class M, class... Args>
  auto call(Args&&... args) const {
    return call_as<M, behaviour::OnFailure::throws>(behaviour::default_call_timeout, std::forward<Args>(args)...);
  }
  template <class M, class... Args>
  auto try_call(Args&&... args) const {
    return call_as<M, behaviour::OnFailure::returns>(behaviour::default_call_timeout, std::forward<Args>(args)...);
  }
  // The same with another timeout than 5 s.
  template <class M, class... Args>
  auto try_call_within(timing::Duration timeout, Args&&... args) const {
    return call_as<M, behaviour::OnFailure::returns>(timeout, std::forward<Args>(args)...);
  }
  template <class M, class... Args>
  void cast(Args&&... args) const {
    constexpr std::size_t at = index<M>();
    if constexpr (at == sizeof...(Signatures)) {
      behaviour::This_protocol_has_no_cast_of<M, Protocol<Signatures...>> missing;
      (void)missing;
    } else {
      auto* signal = base::pool_new_message<process::MessageSignal<M>>(std::forward<Args>(args)...);
      signal->type = table_[at];
      signal->set(process::SignalKind::cast, 0);
      behaviour::send_cast(pid_, signal);
    }
  }
  // Ends the server, as ServerRef::stop does.
  Task<> stop(ExitReason reason = ExitReason::normal(), timing::Duration timeout = timing::forever) const {
    return behaviour::stop_server(pid_, std::move(reason), timeout);
  }

  friend constexpr bool operator==(const ServerRef& a, const ServerRef& b) noexcept { return a.pid_ == b.pid_; }

 private:
  template <class M>
  static constexpr std::size_t index() noexcept {
    return behaviour::index_in_protocol<M, Signatures...>();
  }
  template <class M, behaviour::OnFailure how, class... Args>
  auto call_as(timing::Duration timeout, Args&&... args) const {
    constexpr std::size_t at = index<M>();
    if constexpr (at == sizeof...(Signatures)) {
      behaviour::This_protocol_has_no_call_of<M, Protocol<Signatures...>> missing;
      return missing;
    } else {
      using Signature = std::tuple_element_t<at, std::tuple<behaviour::SignatureOf<Signatures>...>>;
      static_assert(!Signature::is_cast, "void(M) in a Protocol is a cast: use cast<M>(...)");
      using R = typename Signature::Result;
      process::CallPtr call{
          base::pool_new<behaviour::CallEnvelope<M, R>>(*table_[at], std::forward<Args>(args)...)};
      return behaviour::CallOp<R, how>{pid_, std::move(call), timeout};
    }
  }

  Pid pid_;
  const behaviour::ServerSignalType* const* table_ = nullptr;
};

}  // namespace coppice
