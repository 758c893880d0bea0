#pragma once

#include <bimix/core/error.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

/// Numbers travel between ranks as their bytes: all ranks run the same program on the same kind of
/// machine (one job).
namespace bimix::par {

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
T value_of(std::string_view bytes) {
  T value;
  core::require(bytes.size() == sizeof value, "a message has the length of its kind");
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::vector<T> values_of(std::string_view bytes) {
  core::require(bytes.size() % sizeof(T) == 0, "a piece holds whole numbers");
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace bimix::par
