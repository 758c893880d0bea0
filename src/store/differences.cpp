#include "hdf5.hpp"
#include "results_format.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/results.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>

namespace bimix::store {
namespace {

using hdf5::Handle;
using hdf5::Names;

bool same_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
bool same_bits(std::int64_t a, std::int64_t b) { return a == b; }
bool same_bits(const std::string& a, const std::string& b) { return a == b; }

std::string shown(const std::string& text) {
  constexpr std::size_t most = 60;
  return "'" + (text.size() > most ? text.substr(0, most) + "..." : text) + "'";
}
std::string shown(double value) { return fmt::format("{}", value); }
std::string shown(std::int64_t value) { return fmt::format("{}", value); }

/// "[3,0,1]" of the n-th value in row-major order; "" for a scalar.
std::string position(std::size_t n, const std::vector<hsize_t>& extents) {
  std::string text;
  for (std::size_t i = extents.size(); i-- > 0;) {
    text = fmt::format("{}{}", n % extents[i], text.empty() ? "" : "," + text);
    n /= extents[i];
  }
  return text.empty() ? "" : "[" + text + "]";
}

class Comparison {
 public:
  Comparison(hid_t a, hid_t b, const std::vector<std::string>& skip)
      : a_(a), b_(b), skip_(skip.begin(), skip.end()) {}

  std::vector<std::string> run() {
    compare_groups("/");
    return std::move(found_);
  }

 private:
  void compare_groups(const std::string& path) {
    compare_attributes(path);
    const Handle a(H5Gopen2(a_, path.c_str(), H5P_DEFAULT), H5Gclose, path);
    const Handle b(H5Gopen2(b_, path.c_str(), H5P_DEFAULT), H5Gclose, path);
    const Names in_a = hdf5::names_in(a), in_b = hdf5::names_in(b);
    std::set<std::string> names(in_a.begin(), in_a.end());
    names.insert(in_b.begin(), in_b.end());
    for (const std::string& name : names) {
      const std::string below = (path == "/" ? path : path + "/") + name;
      if (skip_.count(below) > 0) continue;
      if (std::find(in_a.begin(), in_a.end(), name) == in_a.end())
        found_.push_back(below + " is only in the second file");
      else if (std::find(in_b.begin(), in_b.end(), name) == in_b.end())
        found_.push_back(below + " is only in the first file");
      else
        compare_objects(below);
    }
  }

  void compare_objects(const std::string& path) {
    const Handle a(H5Oopen(a_, path.c_str(), H5P_DEFAULT), H5Oclose, path);
    const Handle b(H5Oopen(b_, path.c_str(), H5P_DEFAULT), H5Oclose, path);
    if (H5Iget_type(a) != H5Iget_type(b))
      found_.push_back(path + " is a group in one file and a dataset in the other");
    else if (H5Iget_type(a) == H5I_GROUP)
      compare_groups(path);
    else
      compare_datasets(path, a, b);
  }

  void compare_datasets(const std::string& path, hid_t a, hid_t b) {
    compare_attributes(path);
    const Handle type_a(H5Dget_type(a), H5Tclose, path), type_b(H5Dget_type(b), H5Tclose, path);
    const auto extents = hdf5::extents_of(a);
    if (extents != hdf5::extents_of(b) || H5Tequal(type_a, type_b) <= 0) {
      found_.push_back(path + " has another shape or type");
      return;
    }
    if (H5Tget_class(type_a) == H5T_STRING)
      compare_values(path, extents, hdf5::read_texts(a_, path), hdf5::read_texts(b_, path));
    else if (H5Tget_class(type_a) == H5T_INTEGER)
      compare_values(path, extents, hdf5::read_integers(a_, path), hdf5::read_integers(b_, path));
    else
      compare_values(path, extents, hdf5::read_doubles(a_, path), hdf5::read_doubles(b_, path));
  }

  template <class T>
  void compare_values(const std::string& path, const std::vector<hsize_t>& extents,
                      const std::vector<T>& a, const std::vector<T>& b) {
    std::size_t count = 0, first = 0;
    for (std::size_t n = a.size(); n-- > 0;)
      if (!same_bits(a[n], b[n])) {
        ++count;
        first = n;
      }
    if (count == 0) return;
    std::string text = fmt::format("{}{} is {} and {}", path, position(first, extents),
                                   shown(a[first]), shown(b[first]));
    if (count > 1) text += fmt::format("; {} values of {} differ", count, a.size());
    found_.push_back(text);
  }

  void compare_attributes(const std::string& path) {
    const Handle a(H5Oopen(a_, path.c_str(), H5P_DEFAULT), H5Oclose, path);
    const Handle b(H5Oopen(b_, path.c_str(), H5P_DEFAULT), H5Oclose, path);
    auto in_a = hdf5::read_text_attributes(a), in_b = hdf5::read_text_attributes(b);
    std::sort(in_a.begin(), in_a.end());
    std::sort(in_b.begin(), in_b.end());
    std::vector<std::pair<std::string, std::string>> only;
    std::set_symmetric_difference(in_a.begin(), in_a.end(), in_b.begin(), in_b.end(),
                                  std::back_inserter(only));
    std::set<std::string> names;
    for (const auto& [name, text] : only) names.insert(name);
    for (const std::string& name : names)
      found_.push_back(fmt::format("{}: attribute {} differs", path, name));
  }

  hid_t a_, b_;
  std::set<std::string> skip_;
  std::vector<std::string> found_{};
};

}  // namespace

std::vector<std::string> differences(const std::filesystem::path& a, const std::filesystem::path& b,
                                     const std::vector<std::string>& skip) {
  const Handle file_a = open_results(a), file_b = open_results(b);
  try {
    return Comparison(file_a, file_b, skip).run();
  } catch (const hdf5::Failure& cause) {
    throw core::DataError({.place = a.string() + " and " + b.string(),
                           .problem = std::string("cannot be compared: ") + cause.what(),
                           .rule = "",
                           .remedy = ""});
  }
}

std::vector<std::string> verify_results(const std::filesystem::path& path,
                                        const data::RunRecord& record) {
  const Handle stored = open_results(path);
  const Handle rebuilt = hdf5::open_image(results_image(record), "the record");
  try {
    return Comparison(stored, rebuilt, timing_paths()).run();
  } catch (const hdf5::Failure& cause) {
    throw core::DataError({.place = path.string(),
                           .problem = std::string("cannot be compared: ") + cause.what(),
                           .rule = "",
                           .remedy = "`bimix run` on its run folder rebuilds it from the journal"});
  }
}

std::vector<std::string> timing_paths() {
  std::vector<std::string> paths{"/provenance"};
  for (const char* group : {"/", "/check/trials/"})
    for (const char* name :
         {"started_utc", "wall_seconds", "tokens_per_second", "rank", "attempt", "host"})
      paths.push_back(std::string(group) + name);
  return paths;
}

}  // namespace bimix::store
