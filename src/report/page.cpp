#include "html.hpp"
#include "page_data.hpp"
#include "page_sections.hpp"
#include "run_figures.hpp"

#include <bimix/core/error.hpp>
#include <bimix/data/loss_unit.hpp>
#include <bimix/law/law.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

// Files as bytes of the program, see assets.S.
#define BIMIX_ASSET(name)                                            \
  extern const char name[]; /* NOLINT(bugprone-macro-parentheses) */ \
  extern const std::uint64_t name##_size;
extern "C" {
BIMIX_ASSET(bimix_page_html)
BIMIX_ASSET(bimix_page_css)
BIMIX_ASSET(bimix_page_js)
BIMIX_ASSET(bimix_chart_library)
}
#undef BIMIX_ASSET

namespace bimix::report {
namespace {

std::vector<Section> all_sections(const PageInput& input) {
  const data::RunRecord& record = input.record;
  const data::LawFit* fit = used_law(record);
  std::vector<Section> found{answer_section(input)};
  if (fit != nullptr) found.push_back(law_section(record.laws, *fit, input.fit.level));
  found.push_back(curves_section(record, fit));
  if (fit != nullptr) found.push_back(shares_section(input));
  if (fit != nullptr && law::law_of(*fit).sees_every_share())
    found.push_back(transfer_section(record, *fit));
  const bool is_held_out = !held_out_losses(record).empty();
  if (is_held_out || !record.check.empty()) found.push_back(predicted_section(input));
  if (is_held_out) found.push_back(residuals_section(input));
  found.push_back(mixtures_section(input));
  if (!record.rounds.empty()) found.push_back(rounds_section(record));
  if (!input.by_volume.empty()) found.push_back(volumes_section(input));
  for (const data::CorpusTable& corpus : record.corpus) found.push_back(corpus_section(corpus));
  for (const data::EntropyTable& entropy : record.entropy)
    found.push_back(entropies_section(entropy));
  found.push_back(trials_section(record));
  found.push_back(provenance_section(record));
  return found;
}

/// JSON that may stand in a <script>: no '<' is left that could end it.
std::string json_for_script(const data::Json& json) {
  std::string text = json.dump(-1, ' ', false, data::Json::error_handler_t::replace);
  std::string safe;
  for (const char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

/// The template with each @name@ replaced by its value; values are not looked into.
std::string filled(std::string_view page,
                   const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  std::string html;
  while (!page.empty()) {
    const std::size_t at = page.find('@');
    html += page.substr(0, at);
    if (at == std::string_view::npos) break;
    const std::size_t end = page.find('@', at + 1);
    const std::string_view name = page.substr(at + 1, end - at - 1);
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    core::require(value != values.end(), "page.html names what there is");
    html += value->second;
    page.remove_prefix(end + 1);
  }
  return html;
}

}  // namespace

bool charts_are_built_in() { return bimix_chart_library_size > 0; }

std::string page_html(const PageInput& input) {
  std::string contents, sections_html;
  for (const Section& section : all_sections(input)) {
    contents += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.title);
    sections_html += fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}"
        "</section>\n",
        section.id, section.title, section.inside);
  }
  const std::string footer =
      charts_are_built_in()
          ? "Charts are drawn by Apache ECharts (Apache License 2.0), which is inside this page."
          : "This bimix was built without its chart library, so there are tables alone; run "
            "<code>scripts/setup charts</code>, build again and run <code>bimix report</code> "
            "again "
            "to get charts.";
  const std::string title = "Data mixture of " + escaped(input.record.plan.name);
  const std::string reload =
      input.reload_seconds > 0
          ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">\n", input.reload_seconds)
          : "";
  const std::string data = json_for_script(page_data(input));
  return filled({bimix_page_html, bimix_page_html_size},
                {{"title", title},
                 {"reload", reload},
                 {"unit", data::unit_symbol(input.record.plan.domains.loss_unit)},
                 {"style", {bimix_page_css, bimix_page_css_size}},
                 {"contents", contents},
                 {"sections", sections_html},
                 {"footer", footer},
                 {"data", data},
                 {"library", {bimix_chart_library, bimix_chart_library_size}},
                 {"script", {bimix_page_js, bimix_page_js_size}}});
}

}  // namespace bimix::report
