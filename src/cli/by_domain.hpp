#pragma once

#include <string>
#include <vector>

namespace bimix::cli {

/// Numbers for domains as the command line writes them: "web=0.3,code=0.7".
/// @param names all domains; those that are not named get `missing`
/// @throws UsageError naming the flag for an unknown or repeated domain or what is no number
std::vector<double> parse_by_domain(const std::string& flag, const std::string& text,
                                    const std::vector<std::string>& names, double missing);

/// A volume of the command line: "20B". @throws UsageError naming the flag
double parse_tokens(const std::string& flag, const std::string& text);

}  // namespace bimix::cli
