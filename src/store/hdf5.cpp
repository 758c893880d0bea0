#include "hdf5.hpp"

#include <bimix/core/error.hpp>
#include <bimix/store/disk.hpp>

#include <hdf5_hl.h>

#include <algorithm>
#include <atomic>
#include <limits>

namespace bimix::store::hdf5 {
namespace {

/// The library's innermost reason for the last failure.
std::string innermost_reason() {
  std::string reason;
  const auto keep = [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
    *static_cast<std::string*>(text) = error->desc;
    return 1;  // the walk begins at the innermost call; one is enough
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep, &reason);
  return reason;
}

[[noreturn]] void fail(const std::string& what) {
  const std::string reason = innermost_reason();
  throw Failure(what + (reason.empty() ? "" : ": " + reason));
}

/// Failures are exceptions here; the library need not print them as well.
void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

/// A creation list that keeps the order in which members and attributes are made and no times, so
/// that readers show our order and the same record gives the same bytes.
Handle creation_list(hid_t kind) {
  Handle list(H5Pcreate(kind), H5Pclose, "property list");
  const unsigned ordered = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  check(H5Pset_attr_creation_order(list, ordered), "attribute order");
  check(H5Pset_obj_track_times(list, false), "object times");
  if (kind != H5P_DATASET_CREATE) check(H5Pset_link_creation_order(list, ordered), "link order");
  return list;
}

Handle simple_space(const std::vector<hsize_t>& extents) {
  if (extents.empty()) return {H5Screate(H5S_SCALAR), H5Sclose, "scalar space"};
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose,
          "space"};
}

void write_text_attribute(hid_t object, const std::string& name, const std::string& text) {
  const Handle type = text_type();
  const Handle space = simple_space({});
  const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose, "attribute " + name);
  const char* pointer = text.c_str();
  check(H5Awrite(attribute, type, &pointer), "attribute " + name);
}

std::vector<const char*> pointers_to(const Names& texts) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

Handle open_dataset(hid_t group, const std::string& path) {
  return {H5Dopen2(group, path.c_str(), H5P_DEFAULT), H5Dclose, "dataset " + path};
}

std::size_t count_of(hid_t dataset) {
  std::size_t count = 1;
  for (const hsize_t extent : extents_of(dataset)) count *= extent;
  return count;
}

template <class T>
std::vector<T> read_values(hid_t group, const std::string& path, hid_t memory_type) {
  const Handle dataset = open_dataset(group, path);
  std::vector<T> values(count_of(dataset));
  check(H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path);
  return values;
}

/// Takes over the texts that the library allocated.
Names taken(std::vector<char*>& pointers) {
  Names texts;
  texts.reserve(pointers.size());
  for (char* pointer : pointers) {
    texts.emplace_back(pointer ? pointer : "");
    H5free_memory(pointer);
  }
  return texts;
}

bool is_text(hid_t type) {
  return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0;
}

}  // namespace

Handle::Handle(hid_t id, Close close, const std::string& what) : id_(id), close_(close) {
  if (id_ < 0) fail(what);
}

void check(herr_t status, const std::string& what) {
  if (status < 0) fail(what);
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "text type");
  check(H5Tset_size(type, H5T_VARIABLE), "text type");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "text type");
  return type;
}

GroupWriter GroupWriter::group(const std::string& name) const {
  const Handle list = creation_list(H5P_GROUP_CREATE);
  return GroupWriter(Handle(H5Gcreate2(group_, name.c_str(), H5P_DEFAULT, list, H5P_DEFAULT),
                            H5Gclose, "group " + name));
}

void GroupWriter::attribute(const std::string& name, const std::string& text) const {
  write_text_attribute(group_, name, text);
}

void GroupWriter::attribute(const std::string& name, const std::string& dataset,
                            const std::string& text) const {
  write_text_attribute(open_dataset(group_, dataset), name, text);
}

void GroupWriter::attribute(const std::string& name, const std::string& dataset,
                            std::span<const std::int8_t> values) const {
  const Handle space = simple_space({values.size()});
  const Handle object = open_dataset(group_, dataset);
  const Handle attribute(
      H5Acreate2(object, name.c_str(), H5T_STD_I8LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      "attribute " + name);
  check(H5Awrite(attribute, H5T_NATIVE_INT8, values.data()), "attribute " + name);
}

Handle GroupWriter::create(const std::string& name, const Names& dimensions, const Raw& raw,
                           Meaning meaning) const {
  std::vector<hsize_t> extents;
  // A coordinate is its own dimension and sets its extent; all others take theirs from it.
  const bool is_coordinate = dimensions == Names{name};
  std::size_t count = 1;
  for (const std::string& dimension : dimensions) {
    extents.push_back(is_coordinate ? raw.count : count_of(open_dataset(group_, dimension)));
    count *= extents.back();
  }
  core::require(count == raw.count,
                "dataset " + name + " has as many values as its dimensions say");

  const Handle space = simple_space(extents);
  const Handle list = creation_list(H5P_DATASET_CREATE);
  Handle dataset(
      H5Dcreate2(group_, name.c_str(), raw.file_type, space, H5P_DEFAULT, list, H5P_DEFAULT),
      H5Dclose, "dataset " + name);
  check(H5Dwrite(dataset, raw.memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.values), name);
  write_text_attribute(dataset, "long_name", meaning.long_name);
  write_text_attribute(dataset, "units", meaning.units);
  if (raw.fill) {
    const Handle scalar = simple_space({});
    const Handle fill(
        H5Acreate2(dataset, "_FillValue", raw.file_type, scalar, H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose, "_FillValue");
    check(H5Awrite(fill, raw.memory_type, raw.fill), "_FillValue");
  }
  if (is_coordinate) {
    check(H5DSset_scale(dataset, name.c_str()), "dimension scale " + name);
    return dataset;
  }
  for (unsigned i = 0; i < dimensions.size(); ++i)
    check(H5DSattach_scale(dataset, open_dataset(group_, dimensions[i]), i),
          "dimension scale " + dimensions[i]);
  return dataset;
}

void GroupWriter::coordinate(const std::string& name, const Names& labels, Meaning meaning) const {
  write(name, {name}, labels, meaning);
}

void GroupWriter::coordinate(const std::string& name, std::span<const std::int64_t> labels,
                             Meaning meaning) const {
  // Without a fill value: a coordinate is never missing, and readers keep it whole-numbered.
  create(name, {name}, {H5T_STD_I64LE, H5T_NATIVE_INT64, labels.data(), labels.size(), nullptr},
         meaning);
}

void GroupWriter::write(const std::string& name, const Names& dimensions,
                        std::span<const double> values, Meaning meaning) const {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  create(name, dimensions,
         {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data(), values.size(), &missing}, meaning);
}

void GroupWriter::write(const std::string& name, const Names& dimensions,
                        std::span<const std::int64_t> values, Meaning meaning) const {
  const std::int64_t missing = -1;
  create(name, dimensions,
         {H5T_STD_I64LE, H5T_NATIVE_INT64, values.data(), values.size(), &missing}, meaning);
}

void GroupWriter::write(const std::string& name, const Names& dimensions,
                        std::span<const std::int32_t> values, Meaning meaning) const {
  create(name, dimensions, {H5T_STD_I32LE, H5T_NATIVE_INT32, values.data(), values.size(), nullptr},
         meaning);
}

void GroupWriter::write(const std::string& name, const Names& dimensions,
                        std::span<const std::int8_t> values, Meaning meaning) const {
  create(name, dimensions, {H5T_STD_I8LE, H5T_NATIVE_INT8, values.data(), values.size(), nullptr},
         meaning);
}

void GroupWriter::write(const std::string& name, const Names& dimensions,
                        std::span<const std::uint64_t> values, Meaning meaning) const {
  create(name, dimensions,
         {H5T_STD_U64LE, H5T_NATIVE_UINT64, values.data(), values.size(), nullptr}, meaning);
}

void GroupWriter::write(const std::string& name, const Names& dimensions, const Names& values,
                        Meaning meaning) const {
  const Handle type = text_type();
  const std::vector<const char*> pointers = pointers_to(values);
  create(name, dimensions, {type, type, pointers.data(), pointers.size(), nullptr}, meaning);
}

ImageWriter::ImageWriter()
    : file_([] {
        silence();
        const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file access");
        check(H5Pset_fapl_core(access, std::size_t{1} << 20, false), "memory driver");
        const Handle list = creation_list(H5P_FILE_CREATE);
        return Handle(H5Fcreate("results.h5", H5F_ACC_TRUNC, list, access), H5Fclose, "file");
      }()) {}

GroupWriter ImageWriter::root() const {
  return GroupWriter(Handle(H5Gopen2(file_, "/", H5P_DEFAULT), H5Gclose, "group /"));
}

std::string ImageWriter::bytes() const {
  check(H5Fflush(file_, H5F_SCOPE_GLOBAL), "flush");
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  check(size < 0 ? -1 : 0, "file image");
  std::string image(static_cast<std::size_t>(size), '\0');
  check(H5Fget_file_image(file_, image.data(), image.size()) < 0 ? -1 : 0, "file image");
  return image;
}

Handle open_image(std::string bytes, const std::string& place) {
  silence();
  try {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file access");
    check(H5Pset_fapl_core(access, std::size_t{1} << 20, false), "memory driver");
    check(H5Pset_file_image(access, bytes.data(), bytes.size()), "file image");
    // The library tells files in memory apart by their names, and takes none that is on the disk.
    static std::atomic<int> images{0};
    const std::string name = place + "#image" + std::to_string(++images);
    return {H5Fopen(name.c_str(), H5F_ACC_RDONLY, access), H5Fclose, "open"};
  } catch (const Failure& cause) {
    throw core::DataError({.place = place,
                           .problem = std::string("is a damaged HDF5 file: ") + cause.what(),
                           .rule = "",
                           .remedy = "`bimix run` on its run folder rebuilds it from the journal"});
  }
}

bool has_object(hid_t group, const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (part != "/" && H5Lexists(group, part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

std::vector<double> read_doubles(hid_t group, const std::string& path) {
  return read_values<double>(group, path, H5T_NATIVE_DOUBLE);
}

std::vector<std::int64_t> read_integers(hid_t group, const std::string& path) {
  return read_values<std::int64_t>(group, path, H5T_NATIVE_INT64);
}

std::vector<std::uint64_t> read_unsigned(hid_t group, const std::string& path) {
  return read_values<std::uint64_t>(group, path, H5T_NATIVE_UINT64);
}

Names read_texts(hid_t group, const std::string& path) {
  const Handle dataset = open_dataset(group, path);
  const Handle type(H5Dget_type(dataset), H5Tclose, path);
  if (!is_text(type)) throw Failure(path + ": is no text");
  std::vector<char*> pointers(count_of(dataset), nullptr);
  const Handle memory_type = text_type();
  check(H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), path);
  return taken(pointers);
}

std::string read_text_attribute(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, name);
  const Handle type(H5Aget_type(attribute), H5Tclose, name);
  const Handle space(H5Aget_space(attribute), H5Sclose, name);
  if (!is_text(type) || H5Sget_simple_extent_npoints(space) != 1)
    throw Failure(name + ": is no text");
  std::vector<char*> pointers(1, nullptr);
  const Handle memory_type = text_type();
  check(H5Aread(attribute, memory_type, pointers.data()), name);
  return taken(pointers).front();
}

std::vector<std::pair<std::string, std::string>> read_text_attributes(hid_t object) {
  Names names;
  const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<Names*>(list)->emplace_back(name);
    return 0;
  };
  check(H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, keep, &names), "attributes");
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const std::string& name : names) {
    const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, name);
    const Handle type(H5Aget_type(attribute), H5Tclose, name);
    if (is_text(type)) attributes.emplace_back(name, read_text_attribute(object, name));
  }
  return attributes;
}

std::vector<hsize_t> extents_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose, "space");
  const int rank = H5Sget_simple_extent_ndims(space);
  check(rank, "space");
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), "space");
  return extents;
}

Names names_in(hid_t group) {
  Names names;
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<Names*>(list)->emplace_back(name);
    return 0;
  };
  check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), "names");
  return names;
}

}  // namespace bimix::store::hdf5
