#pragma once

#include <bimix/data/records.hpp>
#include <bimix/law/options.hpp>

#include <string>
#include <vector>

namespace bimix::report {

/// What the page is made from. What is missing is left out of it.
struct PageInput {
  data::RunRecord record{};
  law::FitOptions fit{};                         ///< of the campaign
  std::vector<data::MixtureChoice> by_volume{};  ///< the optimum at ascending volumes, or none
  std::vector<std::string> notes{};              ///< what the reader must know first
  int reload_seconds = 0;  ///< a browser loads the page anew this often; 0: the page stays
};

/// One HTML page that needs nothing else: the answer in words and tables, then charts, each with
/// its data as a table below it. Names are escaped, so that they stay text whatever they hold.
/// @return UTF-8; the same bytes for the same input
/// @note Charts need the library that was there when bimix was built, see charts_are_built_in();
///       without it the page has the tables and says how to get charts.
std::string page_html(const PageInput& input);

/// True if the page draws its charts.
bool charts_are_built_in();

/// The law that the optimum was computed with; the first one if there is no optimum.
/// @return none if nothing was fitted
const data::LawFit* used_law(const data::RunRecord& record);

}  // namespace bimix::report
