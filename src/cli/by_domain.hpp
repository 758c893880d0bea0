#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bimix::cli {

/// What pairs NAME=VALUE of a flag are, for complaints about them.
struct PairForm {
  std::string flag{};    ///< "--path"
  std::string form{};    ///< "DOMAIN=PATH"
  std::string what{};    ///< what the name is of: "domain"
  std::string remedy{};  ///< how to write it, where no name is near
};

/// One of them.
struct NamedValue {
  std::size_t place = 0;  ///< of the name among those there are
  std::string value{};    ///< with the blanks around it
};

/// Splits "web=0.3" and finds its name, without the blanks around it, among all names.
/// @throws UsageError naming the flag for an unknown name, with the nearest one, or what is no pair
NamedValue parse_named_value(const PairForm& form, const std::string& text,
                             const std::vector<std::string>& names);

/// Numbers for domains as the command line writes them: "web=0.3,code=0.7".
/// @param names all domains; those that are not named get `missing`
/// @throws UsageError naming the flag for an unknown or repeated domain or what is no number
std::vector<double> parse_by_domain(const std::string& flag, const std::string& text,
                                    const std::vector<std::string>& names, double missing);

/// Different tokens of each domain: "web=3B,stream=none". @return K: 0 where none are said,
/// infinite for none. @throws as parse_by_domain
std::vector<double> parse_pools(const std::string& flag, const std::string& text,
                                const std::vector<std::string>& names);

/// A volume of the command line: "20B". @throws UsageError naming the flag
double parse_tokens(const std::string& flag, const std::string& text);

}  // namespace bimix::cli
