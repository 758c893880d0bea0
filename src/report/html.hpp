#pragma once

#include "rows.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The elements that the page is put together from. Whatever they are given is text and stays it:
/// each escapes what it holds, but for arguments that are said to be HTML.
namespace bimix::report {

/// With &, <, >, " and ' as entities.
std::string escaped(std::string_view text);

/// @param style a class of page.css, or none
/// @return empty without words
std::string paragraph(const std::string& words, const std::string& style = "");

/// With a bullet each.
std::string list(const std::vector<std::string>& entries);

/// @param rows the first is the heading, which says how many columns there are
/// @param style "words" for cells of text
std::string table(const std::string& caption, const Rows& rows, const std::string& style = "");

/// @param inside HTML
std::string details(const std::string& summary, const std::string& inside, bool open = false);

/// Where page.js draws. @param name its function that does
/// @return empty in a build without the chart library
std::string canvas(const std::string& name, const std::string& title);

/// A chart with its data below it.
std::string chart(const std::string& name, const std::string& title, const Rows& rows);

/// A text as it is; of one longer than 200 KB the whole lines at its beginning, and how long it is.
std::string text_block(const std::string& text);

}  // namespace bimix::report
