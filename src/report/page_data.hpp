#pragma once

#include <bimix/data/json.hpp>
#include <bimix/report/page.hpp>

namespace bimix::report {

/// What the charts are drawn from, as one object; six digits a number, null for what is missing.
/// page.js is its only reader.
data::Json page_data(const PageInput& input);

}  // namespace bimix::report
