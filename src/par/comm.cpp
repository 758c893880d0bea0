#include <bimix/core/told.hpp>
#include <bimix/par/comm.hpp>

#include <cstring>

namespace bimix::par {
namespace {

// Pieces travel as one buffer a rank: for each piece its length, then its bytes.
void append_piece(std::string& buffer, const std::string& piece) {
  const std::uint64_t length = piece.size();
  buffer.append(reinterpret_cast<const char*>(&length), sizeof length);
  buffer += piece;
}

std::string_view take_piece(std::string_view& buffer) {
  std::uint64_t length = 0;
  core::require(buffer.size() >= sizeof length, "a piece has its length before it");
  std::memcpy(&length, buffer.data(), sizeof length);
  buffer.remove_prefix(sizeof length);
  core::require(buffer.size() >= length, "a piece is whole");
  const std::string_view piece = buffer.substr(0, length);
  buffer.remove_prefix(length);
  return piece;
}

/// @collective The pieces of this rank.
std::string own_pieces(const Comm& comm, std::size_t count,
                       const std::function<std::string(std::size_t)>& piece) {
  std::string mine;
  collectively(comm, [&] {
    for (auto i = static_cast<std::size_t>(comm.rank()); i < count;
         i += static_cast<std::size_t>(comm.size()))
      append_piece(mine, piece(i));
  });
  return mine;
}

}  // namespace

int Comm::rank() const { return backend_ ? backend_->rank() : 0; }
int Comm::size() const { return backend_ ? backend_->size() : 1; }

void Comm::send(int destination, int tag, std::string bytes) const {
  core::require(backend_ != nullptr, "a serial Comm has nobody to send to");
  backend_->send(destination, tag, std::move(bytes));
}

std::optional<Message> Comm::try_receive() const {
  return backend_ ? backend_->try_receive() : std::nullopt;
}

void Comm::barrier() const {
  if (backend_) backend_->barrier();
}

void Comm::settle() const {
  if (backend_) backend_->settle();
}

std::string Comm::broadcast(std::string bytes) const {
  return backend_ ? backend_->broadcast(std::move(bytes)) : bytes;
}

std::vector<std::string> Comm::all_gather(const std::string& bytes) const {
  return backend_ ? backend_->all_gather(bytes) : std::vector{bytes};
}

std::vector<std::string> Comm::gather(std::string bytes) const {
  if (backend_) return backend_->gather(std::move(bytes));
  std::vector<std::string> own;
  own.push_back(std::move(bytes));
  return own;
}

std::vector<std::int64_t> Comm::sum(std::vector<std::int64_t> values) const {
  return backend_ ? backend_->sum(std::move(values)) : values;
}

void collectively(const Comm& comm, const std::function<void()>& work) {
  // One byte of exit code, then the text; empty where all went well.
  std::string failure;
  try {
    work();
  } catch (const std::exception& error) {
    const core::Told what = core::told(error);
    failure = static_cast<char>(what.exit_code) + what.text;
  }
  const std::vector<std::string> failures = comm.all_gather(failure);
  for (std::size_t rank = 0; rank < failures.size(); ++rank) {
    if (failures[rank].empty()) continue;
    const std::string text = failures[rank].substr(1);
    throw CollectiveError(static_cast<core::ExitCode>(failures[rank][0]),
                          rank == 0 ? text : "rank " + std::to_string(rank) + ": " + text);
  }
}

void on_root(const Comm& comm, const std::function<void()>& work) {
  collectively(comm, [&] {
    if (comm.is_root()) work();
  });
}

std::vector<std::string> map_over_ranks(const Comm& comm, std::size_t count,
                                        const std::function<std::string(std::size_t)>& piece) {
  const std::vector<std::string> buffers = comm.all_gather(own_pieces(comm, count, piece));
  std::vector<std::string_view> rest(buffers.begin(), buffers.end());
  std::vector<std::string> pieces;
  pieces.reserve(count);
  for (std::size_t i = 0; i < count; ++i) pieces.emplace_back(take_piece(rest[i % rest.size()]));
  return pieces;
}

void map_to_root(const Comm& comm, std::size_t count,
                 const std::function<std::string(std::size_t)>& piece,
                 const std::function<void(std::size_t, std::string_view)>& take) {
  std::vector<std::string> buffers = comm.gather(own_pieces(comm, count, piece));
  on_root(comm, [&] {
    for (std::size_t rank = 0; rank < buffers.size(); ++rank) {
      std::string_view rest = buffers[rank];
      for (std::size_t i = rank; i < count; i += buffers.size()) take(i, take_piece(rest));
      std::string().swap(buffers[rank]);  // what was taken is not held twice
    }
  });
}

}  // namespace bimix::par
