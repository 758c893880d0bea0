#pragma once

#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The little of HDF5 that results.h5 needs, over its C API. Files live in memory: HDF5 never
/// touches the disk, so a full disk or a kill can leave no half-written file behind.
namespace bimix::store::hdf5 {

/// A call of the library failed; the text says which, and the library's own reason.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An identifier that is closed when it goes out of scope.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  /// @throws Failure if `id` is invalid: the call that made it, named by `what`, failed
  Handle(hid_t id, Close close, const std::string& what);
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }  // NOLINT: stands for the identifier everywhere

 private:
  hid_t id_;
  Close close_;
};

/// @throws Failure if `status` is negative
void check(herr_t status, const std::string& what);

/// Variable-length UTF-8 text.
Handle text_type();

/// What a dataset says about itself.
struct Meaning {
  const char* units;
  const char* long_name;
};

using Names = std::vector<std::string>;

/// A group being written. Dimensions are named; each must have been given to this group by
/// `coordinate` before, so that every group opens by itself with its labels.
class GroupWriter {
 public:
  explicit GroupWriter(Handle group) : group_(std::move(group)) {}

  GroupWriter group(const std::string& name) const;
  void attribute(const std::string& name, const std::string& text) const;
  void attribute(const std::string& name, const std::string& dataset,
                 std::span<const std::int8_t> values) const;
  void attribute(const std::string& name, const std::string& dataset,
                 const std::string& text) const;

  void coordinate(const std::string& name, const Names& labels, Meaning meaning) const;
  void coordinate(const std::string& name, std::span<const std::int64_t> labels,
                  Meaning meaning) const;

  /// Values in row-major order over `dimensions`; a scalar if there are none. NaN (for doubles)
  /// and -1 (for signed whole numbers that have a fill value) stand for what is missing.
  void write(const std::string& name, const Names& dimensions, std::span<const double> values,
             Meaning meaning) const;
  void write(const std::string& name, const Names& dimensions, std::span<const std::int64_t> values,
             Meaning meaning) const;
  void write(const std::string& name, const Names& dimensions, std::span<const std::int32_t> values,
             Meaning meaning) const;
  void write(const std::string& name, const Names& dimensions, std::span<const std::int8_t> values,
             Meaning meaning) const;
  void write(const std::string& name, const Names& dimensions,
             std::span<const std::uint64_t> values, Meaning meaning) const;
  void write(const std::string& name, const Names& dimensions, const Names& values,
             Meaning meaning) const;

 private:
  struct Raw {
    hid_t file_type;
    hid_t memory_type;
    const void* values;
    std::size_t count;
    const void* fill;  ///< in memory_type, or null
  };
  Handle create(const std::string& name, const Names& dimensions, const Raw& raw,
                Meaning meaning) const;

  Handle group_;
};

/// A new file in memory.
class ImageWriter {
 public:
  ImageWriter();
  GroupWriter root() const;
  /// The finished file. The same calls give the same bytes.
  std::string bytes() const;

 private:
  Handle file_;
};

/// Opens the bytes of a file for reading.
/// @param place for messages
/// @throws DataError if they are no HDF5 file
Handle open_image(std::string bytes, const std::string& place);

/// Whether the group has an object or attribute of that name. Paths may have several parts.
bool has_object(hid_t group, const std::string& path);

/// All values of a dataset, in row-major order. @throws Failure
std::vector<double> read_doubles(hid_t group, const std::string& path);
std::vector<std::int64_t> read_integers(hid_t group, const std::string& path);
std::vector<std::uint64_t> read_unsigned(hid_t group, const std::string& path);
Names read_texts(hid_t group, const std::string& path);
std::string read_text_attribute(hid_t object, const std::string& name);
/// Text attributes in the order in which they were made.
std::vector<std::pair<std::string, std::string>> read_text_attributes(hid_t object);
std::vector<hsize_t> extents_of(hid_t dataset);

/// Names of the objects right below a group, in the order of the alphabet.
Names names_in(hid_t group);

}  // namespace bimix::store::hdf5
