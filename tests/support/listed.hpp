#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace bimix::test {

/// What the table of a contract test holds for a name of a .def list.
/// @param what to add if it holds nothing, and where: "a way to write such a file to `writers` in
/// tests/corpus/format_contract_test.cpp"
template <class Table>
const typename Table::mapped_type& entry_for(std::string_view name, const Table& table,
                                             const std::string& what) {
  const auto found = table.find(std::string(name));
  if (found == table.end())
    throw std::runtime_error("'" + std::string(name) + "' is listed and not tested: add " + what);
  return found->second;
}

}  // namespace bimix::test
