#include "html.hpp"

#include <bimix/report/page.hpp>

#include <fmt/format.h>

namespace bimix::report {

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string paragraph(const std::string& words, const std::string& style) {
  if (words.empty()) return "";
  return style.empty() ? fmt::format("<p>{}</p>\n", escaped(words))
                       : fmt::format("<p class=\"{}\">{}</p>\n", style, escaped(words));
}

std::string list(const std::vector<std::string>& entries) {
  std::string html = "<ul>\n";
  for (const std::string& entry : entries) html += fmt::format("<li>{}</li>\n", escaped(entry));
  return html + "</ul>\n";
}

std::string table(const std::string& caption, const Rows& rows, const std::string& style) {
  std::string html = fmt::format(
      "<figure><figcaption>{0}</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"{0}\"><table class=\"{1}\">\n<thead><tr>",
      escaped(caption), style);
  for (const std::string& cell : rows.front())
    html += fmt::format("<th scope=\"col\">{}</th>", escaped(cell));
  html += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    for (std::size_t c = 0; c < rows.front().size(); ++c) {
      const std::string cell = c < rows[i].size() ? escaped(rows[i][c]) : "";
      html += c == 0 ? "<tr><th scope=\"row\">" + cell + "</th>" : "<td>" + cell + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table></div></figure>\n";
}

std::string details(const std::string& summary, const std::string& inside, bool open) {
  return fmt::format("<details{}><summary>{}</summary>\n{}</details>\n", open ? " open" : "",
                     escaped(summary), inside);
}

std::string canvas(const std::string& name, const std::string& title) {
  if (!charts_are_built_in()) return "";
  return fmt::format(
      "<div class=\"chart\" data-chart=\"{}\" role=\"img\" aria-label=\"Chart: {}. Its data are in "
      "the table below it.\"></div>\n",
      name, escaped(title));
}

std::string chart(const std::string& name, const std::string& title, const Rows& rows) {
  return canvas(name, title) +
         details("Data: " + title, table(title, rows), !charts_are_built_in());
}

std::string text_block(const std::string& text) {
  constexpr std::size_t most = 200'000;
  if (text.size() <= most) return fmt::format("<pre>{}</pre>\n", escaped(text));
  const std::size_t end = text.rfind('\n', most);
  const std::string_view begin =
      std::string_view(text).substr(0, end == std::string::npos ? most : end + 1);
  return fmt::format("<pre>{}</pre>\n", escaped(begin)) +
         paragraph(fmt::format("These are the first {} of {} bytes; the run folder has the whole.",
                               begin.size(), text.size()));
}

}  // namespace bimix::report
