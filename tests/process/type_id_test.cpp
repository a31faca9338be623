#include <coppice/process/type_id.hpp>

#include "catch.hpp"

using coppice::process::TypeId;

namespace shapes {
struct Round {};
}  // namespace shapes
namespace {
struct Local {};
}  // namespace

TEST_CASE("type id: equal for one type, different for two", "[process][type_id]") {
  CHECK(TypeId::of<int>() == TypeId::of<int>());
  CHECK_FALSE(TypeId::of<int>() == TypeId::of<long>());
  CHECK_FALSE(TypeId::of<int>() == TypeId::of<int*>());
  CHECK_FALSE(TypeId::of<Local>() == TypeId::of<shapes::Round>());
}

TEST_CASE("type id: none is equal to none and to nothing else", "[process][type_id]") {
  const TypeId none;
  CHECK_FALSE(static_cast<bool>(none));
  CHECK(none == TypeId{});
  CHECK_FALSE(none == TypeId::of<int>());
  CHECK_FALSE(TypeId::of<int>() == none);
  CHECK(none.hash() == 0);
  CHECK(none.name() == "nothing");
}

TEST_CASE("type id: has the type's name as C++ writes it", "[process][type_id]") {
  CHECK(TypeId::of<shapes::Round>().name() == "shapes::Round");
  CHECK(TypeId::of<int>().name() == "int");
  CHECK(TypeId::of<Local>().name().find("Local") != std::string::npos);
}

TEST_CASE("type id: passes through a table as one word", "[process][type_id]") {
  const TypeId id = TypeId::of<shapes::Round>();
  CHECK(TypeId::from_raw(id.raw()) == id);
  CHECK_FALSE(static_cast<bool>(TypeId::from_raw(nullptr)));
}

TEST_CASE("type id: two constants for one type are equal", "[process][type_id]") {
  // What another shared object has: the same hash and type_info at another address.
  static const coppice::process::TypeInfo twin{TypeId::of<shapes::Round>().hash(), &typeid(shapes::Round)};
  CHECK(TypeId::from_raw(&twin) == TypeId::of<shapes::Round>());
  // The same hash alone is not enough.
  static const coppice::process::TypeInfo other{TypeId::of<shapes::Round>().hash(), &typeid(Local)};
  CHECK_FALSE(TypeId::from_raw(&other) == TypeId::of<shapes::Round>());
}
