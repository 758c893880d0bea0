#pragma once

#include <bimix/core/error.hpp>

#include <string>
#include <vector>

namespace bimix::proxy {

/// What is wrong with a word for an option that is none of those known; its place is left empty.
core::Complaint unknown_choice(const std::string& word, const std::vector<std::string>& known);

}  // namespace bimix::proxy
