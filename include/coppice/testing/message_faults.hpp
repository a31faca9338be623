// MessageFault: what may go wrong with the messages of one type on their way: one comes twice, comes changed, or comes after
// what others sent later.
//
//   Faults faults;
//   faults.messages = {duplicate<Order>(0.1), mutate<Order>(0.01, [](Order& o, std::uint64_t drawn) { o.amount = int(drawn % 100); }),
//                      reorder<Order>(0).at(3)};
//
// Messages and casts that a process sends; never calls, exits, monitors or any other of the library's own signals, and not what a
// timer brings. A message that is held back is still before whatever its sender sends the same process next: between two processes
// order is kept, as it always is. Each fault is told in the trace.
//
// Value types; no thread safety.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/process/signal.hpp>
#include <coppice/process/type_id.hpp>

namespace coppice::testing {

struct MessageFault {
  enum class What : std::uint8_t { duplicate, mutate, reorder };
  What what;
  process::TypeId type;
  double probability = 0;
  std::uint64_t nth = 0;  // strikes this one of the type's messages, counted from 1, whatever the probability
  std::function<process::Signal*(const process::Signal&)> copy = nullptr;
  std::function<void(process::Signal&, std::uint64_t)> change = nullptr;

  // A plan instead of a probability: the n-th message of the type that is sent, from 1.
  MessageFault at(std::uint64_t number) && {
    nth = number;
    probability = 0;
    return std::move(*this);
  }
};

// Comes twice.
template <class M>
MessageFault duplicate(double probability) {
  static_assert(std::copy_constructible<M>, "duplicate<M>: a message that cannot be copied cannot come twice");
  return {.what = MessageFault::What::duplicate,
          .type = process::TypeId::of<M>(),
          .probability = probability,
          .copy = [](const process::Signal& signal) -> process::Signal* {
            auto* const copy = base::pool_new<process::MessageSignal<M>>(
                static_cast<const process::MessageSignal<M>&>(signal).payload);
            copy->type = signal.type;
            copy->set(signal.kind(), 0);
            return copy;
          }};
}

// Comes changed: `change(M&, std::uint64_t drawn)`, with a number that is the seed's.
template <class M, std::invocable<M&, std::uint64_t> F>
MessageFault mutate(double probability, F change) {
  return {.what = MessageFault::What::mutate,
          .type = process::TypeId::of<M>(),
          .probability = probability,
          .change = [change](process::Signal& signal, std::uint64_t drawn) {
            change(static_cast<process::MessageSignal<M>&>(signal).payload, drawn);
          }};
}

// Comes late: after what others sent meanwhile (Faults::reorder_by).
template <class M>
MessageFault reorder(double probability) {
  return {.what = MessageFault::What::reorder, .type = process::TypeId::of<M>(), .probability = probability};
}

}  // namespace coppice::testing
