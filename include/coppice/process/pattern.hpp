// Patterns and clauses of a selective receive: on<T>, field, holds, on_any, after.
//
//   receive(on<Answer>(field(&Answer::ref) == ref && field(&Answer::value) > 0, [](Answer a) { ... }),
//           on(monitor_ref, [](const Down& d) { ... }),
//           [](Text t) { ... },                          // any Text
//           on_any([](Message& m) { ... }),
//           after(1s, [] { ... }))
//
// A pattern is about one exact message type. It holds what it compares with by value and is trivially destructible (text is
// held as a view, so a string compared with must outlive the receive). A comparison with a Reference or MonitorRef for
// equality binds the clause to it: see receive.hpp for what that saves.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <coppice/process/message.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace process {

// The mark from which on a receive needs to look, given what a pattern is bound to; 0: from the oldest message.
inline std::uint64_t mark_of(const Reference& ref, Pid reader) noexcept { return ref.mark_for(reader); }
inline std::uint64_t mark_of(const MonitorRef& ref, Pid reader) noexcept { return ref.reference().mark_for(reader); }
template <class V>
std::uint64_t mark_of(const V&, Pid) noexcept {
  return 0;
}

struct PatternBase {};
template <class P>
concept Pattern = std::derived_from<P, PatternBase>;

template <class T, class Member, class Value, class Op>
struct FieldTest : PatternBase {
  using Subject = T;
  constexpr FieldTest(Member T::*m, Value v) noexcept : member{m}, value{v} {}
  Member T::*member;
  Value value;
  bool operator()(const T& message) const { return Op{}(message.*member, value); }
  std::uint64_t mark(Pid reader) const noexcept {
    if constexpr (std::is_same_v<Op, std::equal_to<>>)
      return mark_of(value, reader);
    else
      return 0;
  }
};

// Always true: for a field that may have any value.
template <class T>
struct AnyField : PatternBase {
  using Subject = T;
  bool operator()(const T&) const noexcept { return true; }
  std::uint64_t mark(Pid) const noexcept { return 0; }
};

template <class A, class B>
struct Both : PatternBase {
  using Subject = typename A::Subject;
  static_assert(std::is_same_v<Subject, typename B::Subject>, "&& combines patterns of one message type");
  constexpr Both(A x, B y) noexcept : a{x}, b{y} {}
  A a;
  B b;
  bool operator()(const Subject& message) const { return a(message) && b(message); }
  std::uint64_t mark(Pid reader) const noexcept { return std::max(a.mark(reader), b.mark(reader)); }
};

template <class A, class B>
struct Either : PatternBase {
  using Subject = typename A::Subject;
  static_assert(std::is_same_v<Subject, typename B::Subject>, "|| combines patterns of one message type");
  constexpr Either(A x, B y) noexcept : a{x}, b{y} {}
  A a;
  B b;
  bool operator()(const Subject& message) const { return a(message) || b(message); }
  std::uint64_t mark(Pid reader) const noexcept { return std::min(a.mark(reader), b.mark(reader)); }
};

template <class A>
struct Neither : PatternBase {
  using Subject = typename A::Subject;
  constexpr explicit Neither(A x) noexcept : a{x} {}
  A a;
  bool operator()(const Subject& message) const { return !a(message); }
  std::uint64_t mark(Pid) const noexcept { return 0; }
};

template <Pattern A, Pattern B>
constexpr Both<A, B> operator&&(A a, B b) noexcept {
  return {a, b};
}
template <Pattern A, Pattern B>
constexpr Either<A, B> operator||(A a, B b) noexcept {
  return {a, b};
}
template <Pattern A>
constexpr Neither<A> operator!(A a) noexcept {
  return Neither<A>{a};
}

struct AnyValue {};

// How a literal is held in a pattern: text as a view, everything else by value.
template <class V>
constexpr auto held(const V& value) noexcept {
  if constexpr (std::is_convertible_v<const V&, std::string_view> && !std::is_same_v<V, std::nullptr_t>)
    return std::string_view{value};
  else
    return value;
}

template <class T, class Member>
struct Field {
  Member T::*member;

  template <class Op, class V>
  constexpr auto test(const V& value) const noexcept {
    using Held = decltype(held(value));
    static_assert(std::is_trivially_destructible_v<Held>,
                  "a pattern compares with plain values and text: use a guard, on<T>([&](const T& m) { ... }, handler)");
    return FieldTest<T, Member, Held, Op>{member, held(value)};
  }
  friend constexpr AnyField<T> operator==(Field, AnyValue) noexcept { return {}; }
  template <class V>
    requires(!std::is_same_v<V, AnyValue>)
  friend constexpr auto operator==(Field f, const V& v) noexcept { return f.template test<std::equal_to<>>(v); }
  // As constrained as ==, or the compiler would take != for a negated ==.
  template <class V>
    requires(!std::is_same_v<V, AnyValue>)
  friend constexpr auto operator!=(Field f, const V& v) noexcept { return f.template test<std::not_equal_to<>>(v); }
  template <class V>
  friend constexpr auto operator<(Field f, const V& v) noexcept { return f.template test<std::less<>>(v); }
  template <class V>
  friend constexpr auto operator<=(Field f, const V& v) noexcept { return f.template test<std::less_equal<>>(v); }
  template <class V>
  friend constexpr auto operator>(Field f, const V& v) noexcept { return f.template test<std::greater<>>(v); }
  template <class V>
  friend constexpr auto operator>=(Field f, const V& v) noexcept { return f.template test<std::greater_equal<>>(v); }
};

// A clause of a receive: a message type, a test, a handler.
template <class T, class Test, class Handler>
struct Clause {
  using Subject = T;
  Clause(Test t, Handler h) : test{std::move(t)}, handler{std::move(h)} {}
  Test test;
  Handler handler;
};
struct Always {
  template <class T>
  bool operator()(const T&) const noexcept {
    return true;
  }
};
// The message is of any type.
struct AnyMessage {};

template <class Handler>
struct AfterClause {
  AfterClause(timing::Duration d, Handler h) : delay{d}, handler{std::move(h)} {}
  timing::Duration delay;
  Handler handler;
};

template <class T>
inline constexpr bool is_clause = false;
template <class T, class Test, class Handler>
inline constexpr bool is_clause<Clause<T, Test, Handler>> = true;
template <class T>
inline constexpr bool is_after = false;
template <class Handler>
inline constexpr bool is_after<AfterClause<Handler>> = true;

// The message type that a callable with one parameter takes.
template <class F>
struct FirstParameter : FirstParameter<decltype(&F::operator())> {};
template <class R, class A>
struct FirstParameter<R (*)(A)> {
  using type = std::remove_cvref_t<A>;
};
template <class C, class R, class A>
struct FirstParameter<R (C::*)(A)> : FirstParameter<R (*)(A)> {};
template <class C, class R, class A>
struct FirstParameter<R (C::*)(A) const> : FirstParameter<R (*)(A)> {};
template <class R, class A>
struct FirstParameter<R (*)(A) noexcept> : FirstParameter<R (*)(A)> {};
template <class C, class R, class A>
struct FirstParameter<R (C::*)(A) noexcept> : FirstParameter<R (*)(A)> {};
template <class C, class R, class A>
struct FirstParameter<R (C::*)(A) const noexcept> : FirstParameter<R (*)(A)> {};

}  // namespace process

// A field of a message, to be compared: field(&Answer::ref) == ref.
template <class T, class Member>
constexpr process::Field<T, Member> field(Member T::*member) noexcept {
  return {member};
}
// Any value at all: field(&Point::x) == anything.
inline constexpr process::AnyValue anything{};

// The message is a variant that holds this alternative.
template <class Alternative>
struct Holds {
  template <class... Ts>
  bool operator()(const std::variant<Ts...>& v) const noexcept {
    return std::holds_alternative<Alternative>(v);
  }
};
template <class Alternative>
constexpr Holds<Alternative> holds() noexcept {
  return {};
}

// Messages of type T.
template <class T, class Handler>
auto on(Handler handler) {
  return process::Clause<T, process::Always, Handler>{{}, std::move(handler)};
}
// Messages of type T that a test accepts: a pattern, holds<>(), or any predicate of a const T&.
template <class T, class Test, class Handler>
  requires std::predicate<const Test&, const T&>
auto on(Test test, Handler handler) {
  return process::Clause<T, Test, Handler>{std::move(test), std::move(handler)};
}
// The pattern says the type.
template <process::Pattern P, class Handler>
auto on(P pattern, Handler handler) {
  return process::Clause<typename P::Subject, P, Handler>{pattern, std::move(handler)};
}
// The Down of one monitor.
template <class Handler>
auto on(MonitorRef ref, Handler handler) {
  return on(field(&Down::ref) == ref, std::move(handler));
}
// Any message; the handler gets a Message&.
template <class Handler>
auto on_any(Handler handler) {
  return process::Clause<process::AnyMessage, process::Always, Handler>{{}, std::move(handler)};
}
// What to do when nothing has matched in time; the time counts from the start of the receive. after(0s, ...) looks once at
// what has arrived.
template <class Handler>
auto after(timing::Duration delay, Handler handler) {
  return process::AfterClause<Handler>{delay, std::move(handler)};
}

}  // namespace coppice
