#pragma once

#include <bimix/data/json.hpp>
#include <bimix/data/records.hpp>
#include <bimix/store/disk.hpp>
#include <bimix/store/folder_lock.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The journal of a run folder, from which everything else can be made again.
/// Layout and rules: src/store/FORMAT.md.
namespace bimix::store {

/// What is run. A later header replaces an earlier one, together with its check plan:
/// the same trials, of which something else is to be derived.
struct JournalHeader {
  std::string campaign_hash{};  ///< of the resolved campaign
  /// corpus or log -> fingerprint
  std::vector<std::pair<std::string, std::string>> fingerprints{};
  bool operator==(const JournalHeader&) const = default;
};

/// How a session ended, if it could still write that.
struct RunStop {
  int exit_code = 0;
  std::string reason{};
  std::int64_t utc_seconds = 0;
  /// Trials of ranks that were lost: for them, the session ended without a stop.
  std::vector<std::string> cut_off{};
  bool got_further = true;  ///< false: the same session again would be where this one was
  bool operator==(const RunStop&) const = default;
};

/// A trial that is about to begin.
struct TrialStart {
  std::string trial{};
  /// Names what it continues from; if the name differs from that of its last start, the trial came
  /// further in between. Empty: from nothing, or not known.
  std::string saved{};
};

/// How many sessions in a row ended without a stop (killed, power lost) while a trial ran that came
/// no further in them: alone, or with others that may have been the cause.
struct CutOff {
  int alone = 0;
  int in_company = 0;
  bool operator==(const CutOff&) const = default;
};

/// Everything a journal says.
struct JournalState {
  std::optional<JournalHeader> header{};      ///< nothing if the journal is absent or empty
  std::vector<data::RunStamp> sessions{};     ///< one for each start of the program, in order
  std::vector<data::CorpusTable> corpus{};    ///< none or one: the last
  std::vector<data::EntropyTable> entropy{};  ///< none or one: the last
  std::vector<data::TrialResult> results{};   ///< one for each id: the last, at its first place
  /// Of the last plan and of the rounds after it, in plan order.
  std::vector<data::TrialSpec> plan_trials{};
  std::vector<data::Round> rounds{};            ///< in order; the last may be why there are no more
  std::vector<data::TrialSpec> check_trials{};  ///< of the last check plan, with all digits
  std::vector<RunStop> stops{};                 ///< in order
  bool ended = false;                           ///< nothing has happened since the last of them
  /// The last session was stopped without having got further than it began, and nothing has
  /// happened since.
  bool stuck = false;
  /// The last so many sessions left nothing but their first line: they were killed before they had
  /// begun a trial or made anything else.
  int silent = 0;
  /// By trial. A journal without a stop at its end counts as ended.
  std::map<std::string, CutOff> cut_off{};
  std::map<std::string, std::string> saved{};  ///< TrialStart::saved of each trial's last start
  std::vector<std::string> notes{};            ///< what was dropped, and why
  std::uint64_t sound_bytes = 0;               ///< length without a torn last line
  bool operator==(const JournalState&) const = default;
};

/// Drops why a campaign chose no more rounds: it was said of another budget, perhaps.
void forget_end_of_rounds(JournalState& state);

/// DIR/journal.ndjson.
std::filesystem::path journal_path(const std::filesystem::path& folder);

/// Reads a journal, also while another process appends to it. An absent one is empty. A torn last
/// line (no end, or a wrong checksum on the very last line) is dropped with a note.
/// @throws DataError naming file and line for a damaged line before the last, a line without a
///   known layout, a file that is no journal, and a newer major format version.
JournalState read_journal(const std::filesystem::path& folder);

/// Whether all that a journal says of trials, results and entropies fits the campaign's domains: to
/// be asked before any of it is used. @throws DataError naming journal, trial and member
void require_sound(const JournalState& state, const data::DomainSet& domains,
                   const std::filesystem::path& folder);

/// The file that a name leads to, the same for all its names.
using FileId = std::pair<dev_t, ino_t>;

/// Appends to the journal. Each append is one write and one sync: when it returns, the line is
/// on the device; when it throws, the lines before it are untouched and the part of a line that
/// was written is cut off again.
///
/// Before each append it looks whether the file still is where it was opened. One that was removed
/// alone is written again with all that it held, one that was replaced is kept beside the other;
/// then, and where the folder is gone or lies elsewhere, it throws, so that the user learns that
/// something changes the folder of a running run.
class Journal {
 public:
  /// Opens for appending and cuts off a torn last line.
  /// @param lock the right to write; must outlive the journal
  /// @throws DataError as read_journal does
  explicit Journal(const FolderLock& lock, Disk& disk = Disk::real());
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// What the journal said when it was opened.
  const JournalState& state() const { return state_; }

  /// Replaces all that the journal says by a header: the folder's run begins anew. A kill leaves
  /// the old journal or the new one.
  void begin_anew(const JournalHeader& header);

  /// @throws DataError if it could not be written, naming the file and the system's reason.
  void append(const JournalHeader& header);
  void append(const data::RunStamp& session);
  void append(const data::CorpusTable& corpus);
  void append(const data::EntropyTable& entropy);
  /// One line for each; all of them are one append.
  void append_results(const std::vector<data::TrialResult>& results);
  /// These trials are about to begin. One append as well.
  void append_starts(const std::vector<TrialStart>& starts);
  /// All trials of the campaign, written before any of them is run.
  void append_plan(const std::vector<data::TrialSpec>& trials);
  /// A round of a campaign that chooses its own mixtures, before any of its trials is run.
  /// @param trials none if it says why there are no more
  void append_round(const data::Round& round, const std::vector<data::TrialSpec>& trials);
  /// The mixtures chosen for the check, written before any of them is trained.
  void append_check_plan(const std::vector<data::TrialSpec>& trials);
  void append(const RunStop& stop);

 private:
  void append_batch(std::string_view kind, std::vector<data::Json> bodies);
  void append_lines(std::string_view lines);
  void require_in_place();
  void open();

  const FolderLock& lock_;
  std::filesystem::path path_;
  std::optional<FileId> folder_id_{};
  Disk& disk_;
  JournalState state_;
  std::uint64_t size_ = 0;
  int file_ = -1;
  bool torn_ = false;  ///< bytes of a failed append may stand behind size_
};

/// One line with its checksum and line end: `{"crc":"8 hex","kind":"...",...}`.
/// @param body an object; its members follow `kind`
std::string journal_line(std::string_view kind, const data::Json& body);

}  // namespace bimix::store
