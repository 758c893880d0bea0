#pragma once

#include <bimix/core/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bimix::par {

/// Bytes that came from another rank.
struct Message {
  int source = 0;
  int tag = 0;
  std::string bytes{};
};

/// A group of ranks, as a value. A default-made one is serial: rank 0 of 1.
///
/// Moves bytes and knows no record. Every call is made from the rank's main thread. Waiting
/// sleeps between polls instead of using a whole core, so that a rank whose main thread
/// waits leaves the processor to its worker thread.
class Comm {
 public:
  class Backend;

  Comm() = default;
  explicit Comm(std::shared_ptr<Backend> backend) : backend_(std::move(backend)) {}

  int rank() const;
  int size() const;
  bool is_root() const { return rank() == 0; }

  /// Hands bytes over for delivery and returns at once. @param tag 0 to 1000
  void send(int destination, int tag, std::string bytes) const;
  /// The next message from any rank, if one has arrived. In order for each sender.
  std::optional<Message> try_receive() const;

  /// @collective Returns when all ranks have called it and all sent messages have left.
  void barrier() const;
  /// @collective Drops what was sent to this rank and not received. Afterwards nothing that any
  /// rank sent before is on its way, so that it is not taken for a message of what comes next.
  void settle() const;
  /// @collective @return the root's bytes, on every rank
  std::string broadcast(std::string bytes) const;
  /// @collective @return every rank's bytes in rank order, on every rank
  std::vector<std::string> all_gather(const std::string& bytes) const;
  /// @collective @return every rank's bytes in rank order on the root, nothing on the others: what
  /// is large is held by the one that needs it
  std::vector<std::string> gather(std::string bytes) const;
  /// @collective @return the sums over all ranks on the root, nothing on the others
  /// @param values as many on every rank
  std::vector<std::int64_t> sum(std::vector<std::int64_t> values) const;

 private:
  std::shared_ptr<Backend> backend_;
};

/// What an MPI library, or a test, provides.
class Comm::Backend {
 public:
  virtual ~Backend() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void send(int destination, int tag, std::string bytes) = 0;
  virtual std::optional<Message> try_receive() = 0;
  virtual void barrier() = 0;
  virtual void settle() = 0;
  virtual std::string broadcast(std::string bytes) = 0;
  virtual std::vector<std::string> all_gather(const std::string& bytes) = 0;
  virtual std::vector<std::string> gather(std::string bytes) = 0;
  virtual std::vector<std::int64_t> sum(std::vector<std::int64_t> values) = 0;
};

/// An error that every rank throws at once: each may end by itself, in order.
class CollectiveError : public core::Error {
 public:
  CollectiveError(core::ExitCode exit_code, const std::string& text)
      : core::Error(exit_code, text) {}
};

/// @collective Runs `work` on every rank. If it threw an Error on any of them, every rank throws
/// the CollectiveError of the lowest such rank, so that none is left waiting for the others.
void collectively(const Comm& comm, const std::function<void()>& work);

/// @collective The same for work that only the root does.
void on_root(const Comm& comm, const std::function<void()>& work);

/// @collective Splits `count` independent pieces of work over the ranks, piece i on rank
/// i mod size, and puts their bytes together again in order, on every rank. With pieces that are
/// pure functions of i the result is the same at any number of ranks.
std::vector<std::string> map_over_ranks(const Comm& comm, std::size_t count,
                                        const std::function<std::string(std::size_t)>& piece);

/// @collective The same for pieces that only the root needs: the other ranks hold none but their
/// own.
/// @param take the root: is given each piece once, those of a rank one after the other
void map_to_root(const Comm& comm, std::size_t count,
                 const std::function<std::string(std::size_t)>& piece,
                 const std::function<void(std::size_t, std::string_view)>& take);

}  // namespace bimix::par
