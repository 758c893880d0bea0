#include <bimix/core/text.hpp>
#include <bimix/par/mpi_session.hpp>

#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <list>
#include <thread>

namespace bimix::par {
namespace {

// A look every half millisecond costs 1-2 % of a core; a blocking call costs a whole one.
constexpr std::chrono::microseconds pause{500};

void wait_politely(MPI_Request& request) {
  for (int done = 0;;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done) return;
    std::this_thread::sleep_for(pause);
  }
}

int as_count(std::size_t bytes) {
  core::require(bytes <= INT_MAX, "a message stays below 2 GiB");
  return static_cast<int>(bytes);
}

class MpiBackend final : public Comm::Backend {
 public:
  MpiBackend() {
    // A communicator of our own: no other library's message can be taken for one of ours.
    MPI_Comm_dup(MPI_COMM_WORLD, &comm_);
    MPI_Comm_dup(MPI_COMM_WORLD, &parts_);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
    sent_.resize(static_cast<std::size_t>(size_));
  }
  ~MpiBackend() override {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (finalized) return;
    MPI_Comm_free(&comm_);
    MPI_Comm_free(&parts_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void send(int destination, int tag, std::string bytes) override {
    Outgoing& message = outgoing_.emplace_back();
    message.bytes = std::move(bytes);
    MPI_Isend(message.bytes.data(), as_count(message.bytes.size()), MPI_BYTE, destination, tag,
              comm_, &message.request);
    ++sent_[static_cast<std::size_t>(destination)];
    drop_delivered();
  }

  std::optional<Message> try_receive() override {
    drop_delivered();
    int arrived = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &arrived, &status);
    if (!arrived) return std::nullopt;
    int count = 0;
    MPI_Get_count(&status, MPI_BYTE, &count);
    Message message{status.MPI_SOURCE, status.MPI_TAG,
                    std::string(static_cast<std::size_t>(count), '\0')};
    MPI_Recv(message.bytes.data(), count, MPI_BYTE, message.source, message.tag, comm_,
             MPI_STATUS_IGNORE);
    ++received_;
    return message;
  }

  void barrier() override {
    for (Outgoing& message : outgoing_) wait_politely(message.request);
    outgoing_.clear();
    MPI_Request request;
    MPI_Ibarrier(comm_, &request);
    wait_politely(request);
  }

  void settle() override {
    std::uint64_t sent_to_us = 0;
    MPI_Request request;
    MPI_Ireduce_scatter_block(sent_.data(), &sent_to_us, 1, MPI_UINT64_T, MPI_SUM, comm_, &request);
    wait_politely(request);
    while (received_ < sent_to_us)
      if (!try_receive()) std::this_thread::sleep_for(pause);
    barrier();  // what others send after it is not dropped
  }

  std::string broadcast(std::string bytes) override {
    std::uint64_t length = bytes.size();
    MPI_Request request;
    MPI_Ibcast(&length, 1, MPI_UINT64_T, 0, comm_, &request);
    wait_politely(request);
    bytes.resize(length);
    MPI_Ibcast(bytes.data(), as_count(bytes.size()), MPI_BYTE, 0, comm_, &request);
    wait_politely(request);
    return bytes;
  }

  std::vector<std::string> all_gather(const std::string& bytes) override {
    const int mine = as_count(bytes.size());
    const auto ranks = static_cast<std::size_t>(size_);
    std::vector<int> counts(ranks), offsets(ranks);
    MPI_Request request;
    MPI_Iallgather(&mine, 1, MPI_INT, counts.data(), 1, MPI_INT, comm_, &request);
    wait_politely(request);
    std::size_t total = 0;
    for (std::size_t r = 0; r < ranks; ++r) {
      offsets[r] = as_count(total);
      total += static_cast<std::size_t>(counts[r]);
    }
    std::string gathered(static_cast<std::size_t>(as_count(total)), '\0');
    MPI_Iallgatherv(bytes.data(), mine, MPI_BYTE, gathered.data(), counts.data(), offsets.data(),
                    MPI_BYTE, comm_, &request);
    wait_politely(request);
    std::vector<std::string> parts;
    parts.reserve(ranks);
    for (std::size_t r = 0; r < ranks; ++r)
      parts.push_back(gathered.substr(static_cast<std::size_t>(offsets[r]),
                                      static_cast<std::size_t>(counts[r])));
    return parts;
  }

  std::vector<std::string> gather(std::string bytes) override {
    const std::uint64_t mine = bytes.size();
    std::vector<std::uint64_t> sizes(rank_ == 0 ? static_cast<std::size_t>(size_) : 0);
    MPI_Request request;
    MPI_Igather(&mine, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, 0, comm_, &request);
    wait_politely(request);
    std::vector<MPI_Request> moving;
    if (rank_ != 0)
      move_part(bytes, [&](char* data, int count) {
        MPI_Isend(data, count, MPI_BYTE, 0, 0, parts_, &moving.emplace_back());
      });
    std::vector<std::string> parts(sizes.size());
    if (!parts.empty()) parts.front() = std::move(bytes);
    for (std::size_t rank = 1; rank < parts.size(); ++rank) {
      parts[rank].resize(sizes[rank]);
      move_part(parts[rank], [&](char* data, int count) {
        MPI_Irecv(data, count, MPI_BYTE, static_cast<int>(rank), 0, parts_, &moving.emplace_back());
      });
    }
    for (MPI_Request& part : moving) wait_politely(part);
    return parts;
  }

  std::vector<std::int64_t> sum(std::vector<std::int64_t> values) override {
    const bool root = rank_ == 0;
    MPI_Request request;
    MPI_Ireduce(root ? MPI_IN_PLACE : values.data(), root ? values.data() : nullptr,
                as_count(values.size()), MPI_INT64_T, MPI_SUM, 0, comm_, &request);
    wait_politely(request);
    return root ? values : std::vector<std::int64_t>();
  }

 private:
  /// Messages of 1 GiB at most, in order.
  static void move_part(std::string& part, const std::function<void(char*, int)>& move) {
    constexpr std::size_t most = std::size_t{1} << 30;
    for (std::size_t at = 0; at < part.size(); at += most)
      move(part.data() + at, as_count(std::min(most, part.size() - at)));
  }

  struct Outgoing {
    std::string bytes;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  void drop_delivered() {
    std::erase_if(outgoing_, [](Outgoing& message) {
      int done = 0;
      MPI_Test(&message.request, &done, MPI_STATUS_IGNORE);
      return done != 0;
    });
  }

  MPI_Comm comm_ = MPI_COMM_NULL;
  MPI_Comm parts_ = MPI_COMM_NULL;  // for gather: no part is taken for a message
  int rank_ = 0;
  int size_ = 1;
  std::list<Outgoing> outgoing_;     // a list: buffers must not move while they are being sent
  std::vector<std::uint64_t> sent_;  // messages to each rank
  std::uint64_t received_ = 0;
};

bool has_launcher() {
  for (const char* variable : {"PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

/// Who started this process with others, as its environment tells.
struct Launcher {
  const char* variable;
  const char* name;
  const char* remedy;
};

constexpr const char* right_launcher =
    "Start bimix with the mpirun of the MPI that it was built with, or build it with the "
    "launcher's "
    "MPI";
constexpr Launcher launchers[] = {
    {"SLURM_STEP_NUM_TASKS", "srun",
     "Use `srun --mpi=pmix` (see `srun --mpi=list`), or `mpirun` inside the job"},
    {"PMI_SIZE", "mpiexec of MPICH or Intel MPI", right_launcher},
    {"MPI_LOCALNRANKS", "mpiexec of MPICH", right_launcher},
    {"MV2_COMM_WORLD_SIZE", "mpirun of MVAPICH", right_launcher},
    {"OMPI_COMM_WORLD_SIZE", "mpirun of Open MPI", right_launcher}};

void refuse_singletons(int world_size) {
  if (world_size > 1) return;
  for (const Launcher& launcher : launchers) {
    const char* text = std::getenv(launcher.variable);
    const std::int64_t processes = text == nullptr ? 1 : core::parse_count(text).value_or(1);
    if (processes <= 1) continue;
    throw core::DataError(
        {.place = launcher.name,
         .problem = fmt::format("started {} processes ({}), and this one finds itself alone (1 MPI "
                                "rank of {})",
                                processes, launcher.variable, MpiSession::library_version()),
         .rule = "such processes do not know one another and would all write the same run folder",
         .remedy = launcher.remedy});
  }
}

}  // namespace

std::string name_and_version(std::string_view words) {
  std::string name;
  for (const char character : words.substr(0, words.find_first_of(",\n"))) {
    const bool is_space = character == ' ' || character == '\t';
    if (!is_space)
      name += character;
    else if (!name.empty() && name.back() != ' ')
      name += ' ';
  }
  return name;
}

MpiSession::MpiSession() {
  if (!has_launcher()) {
    refuse_singletons(1);
    return;
  }
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  started_ = true;
  int world_size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  try {
    refuse_singletons(world_size);
  } catch (...) {
    MPI_Finalize();
    throw;
  }
  if (world_size > 1) comm_ = Comm(std::make_shared<MpiBackend>());
}

MpiSession::~MpiSession() {
  if (!started_) return;
  comm_.settle();  // MPI may not end with a message on its way
  comm_ = Comm();
  MPI_Finalize();
}

void MpiSession::abort(core::ExitCode exit_code) const {
  if (started_) MPI_Abort(MPI_COMM_WORLD, static_cast<int>(exit_code));
  std::_Exit(static_cast<int>(exit_code));
}

std::string MpiSession::library_version() {
  char version[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(version, &length);
  return name_and_version({version, static_cast<std::size_t>(length)});
}

}  // namespace bimix::par
