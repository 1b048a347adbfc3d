#include "base/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "temporary_folder.hpp"

namespace snitt {
namespace {

bool any_name(const std::string&) { return true; }

void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

void write_whole(const std::string& path, IfExists if_exists, const std::string& text) {
  AtomicFile file(path, if_exists);
  write_text(file.temporary(), text);
  file.commit();
}

TEST(AtomicFile, AppearsWholeOnCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out.txt", IfExists::refuse);
  write_text(file.temporary(), "text");
  EXPECT_FALSE(std::filesystem::exists(folder / "out.txt"));
  file.commit();
  EXPECT_EQ(folder.read("out.txt"), "text");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, KeepsTheExtensionOfItsTarget) {
  const TemporaryFolder folder;
  const AtomicFile file(folder / "out.nii.gz", IfExists::refuse);
  EXPECT_TRUE(file.temporary().ends_with(".gz"));
  EXPECT_EQ(std::filesystem::path(file.temporary()).parent_path(),
            std::filesystem::path(folder / "x").parent_path());
}

TEST(AtomicFile, HasTheUsualPermissions) {
  const TemporaryFolder folder;
  const mode_t before = umask(027);
  write_whole(folder / "out", IfExists::refuse, "");
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat((folder / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST(AtomicFile, RefusesAnExistingTarget) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  EXPECT_THROW(AtomicFile(folder / "out", IfExists::refuse), OutputError);
  EXPECT_EQ(folder.read("out"), "old");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, RefusesADanglingLink) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder / "out");
  EXPECT_THROW(AtomicFile(folder / "out", IfExists::refuse), OutputError);
}

TEST(AtomicFile, ReplacesWhenItMay) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  write_whole(folder / "out", IfExists::overwrite, "new");
  EXPECT_EQ(folder.read("out"), "new");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, LeavesTheTargetAloneAfterAnException) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  const auto fail = [&] {
    AtomicFile file(folder / "out", IfExists::overwrite);
    write_text(file.temporary(), "half");
    throw std::runtime_error("stop");
  };
  EXPECT_THROW(fail(), std::runtime_error);
  EXPECT_EQ(folder.read("out"), "old");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, ReplacesTheTargetOfALinkAndKeepsTheLink) {
  const TemporaryFolder folder;
  folder.write("real/out", "old");
  std::filesystem::create_symlink("real/out", folder / "link");
  write_whole(folder / "link", IfExists::overwrite, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(folder.read("real/out"), "new");
}

TEST(AtomicFile, MakesTheMissingTargetOfAChainOfLinksAndKeepsTheLinks) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_symlink("out", folder / "real/next");
  std::filesystem::create_symlink("real/next", folder / "link");
  write_whole(folder / "link", IfExists::overwrite, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "real/next"));
  EXPECT_EQ(folder.read("real/out"), "new");
}

TEST(AtomicFile, RefusesALinkThatLeadsToItself) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("link", folder / "link");
  EXPECT_THROW(AtomicFile(folder / "link", IfExists::overwrite), OutputError);
}

TEST(AtomicFile, NeverReplacesAFileThatCameMeanwhile) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out", IfExists::refuse);
  folder.write("out", "theirs");
  EXPECT_THROW(file.commit(), OutputError);
  EXPECT_EQ(folder.read("out"), "theirs");
}

TEST(AtomicFile, HasExactlyOneWinnerInARace) {
  const TemporaryFolder folder;
  std::vector<int> won(8, 0);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < won.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        write_whole(folder / "out", IfExists::refuse, std::to_string(i));
        won[i] = 1;
      } catch (const OutputError&) {
        won[i] = 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  const std::size_t winner = std::stoul(folder.read("out"));
  for (std::size_t i = 0; i < won.size(); ++i) EXPECT_EQ(won[i], i == winner ? 1 : 0);
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, NamesWhatIsWrongWithItsFolder) {
  const TemporaryFolder folder;
  folder.write("file", "");
  EXPECT_THROW(AtomicFile(folder / "missing/out", IfExists::refuse), OutputError);
  EXPECT_THROW(AtomicFile(folder / "file/out", IfExists::refuse), OutputError);
  EXPECT_THROW(AtomicFile("", IfExists::refuse), UsageError);
  std::filesystem::create_directory(folder / "folder");
  EXPECT_THROW(AtomicFile(folder / "folder", IfExists::overwrite), OutputError);
}

TEST(AtomicFile, RefusesAFolderThatMayNotBeWrittenTo) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "locked");
  std::filesystem::permissions(folder / "locked",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_THROW(AtomicFile(folder / "locked/out", IfExists::refuse), OutputError);
}

TEST(AtomicFile, RefusesADevice) {
  EXPECT_THROW(check_output("/dev/null", IfExists::overwrite), OutputError);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

/// A process that stops the way a signal stops a tool.
TEST(AtomicFile, LeavesNothingWhenUnfinishedOutputsAreRemoved) {
  const TemporaryFolder folder;
  folder.write("old", "old");
  EXPECT_EXIT(
      {
        AtomicFile first(folder / "new", IfExists::refuse);
        AtomicFile second(folder / "old", IfExists::overwrite);
        AtomicFolder third(folder / "folder", IfExists::refuse, any_name);
        write_text(third.temporary() + "/inside", "x");
        remove_unfinished_outputs();
        _exit(143);
      },
      testing::ExitedWithCode(143), "");
  EXPECT_EQ(folder.read("old"), "old");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFolder, AppearsWholeOnCommit) {
  const TemporaryFolder folder;
  AtomicFolder output(folder / "slices/", IfExists::refuse, any_name);
  write_text(output.temporary() + "/1.png", "1");
  EXPECT_FALSE(std::filesystem::exists(folder / "slices"));
  output.commit();
  EXPECT_EQ(folder.read("slices/1.png"), "1");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFolder, ReplacesAllOfTheOldOneOrNothing) {
  const TemporaryFolder folder;
  folder.write("slices/old.png", "old");
  EXPECT_THROW(AtomicFolder(folder / "slices", IfExists::refuse, any_name), OutputError);
  { const AtomicFolder abandoned(folder / "slices", IfExists::overwrite, any_name); }
  EXPECT_EQ(folder.read("slices/old.png"), "old");
  AtomicFolder output(folder / "slices", IfExists::overwrite, any_name);
  write_text(output.temporary() + "/new.png", "new");
  output.commit();
  EXPECT_EQ(folder.read("slices/new.png"), "new");
  EXPECT_FALSE(std::filesystem::exists(folder / "slices/old.png"));
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFolder, NeverReplacesAFolderThatHoldsSomethingElse) {
  const TemporaryFolder folder;
  folder.write("pictures/a.png", "old");
  folder.write("pictures/thesis.txt", "years of work");
  const auto ours = [](const std::string& name) { return name.ends_with(".png"); };
  EXPECT_THROW(AtomicFolder(folder / "pictures", IfExists::overwrite, ours), OutputError);
  EXPECT_EQ(folder.read("pictures/thesis.txt"), "years of work");
  std::filesystem::remove(folder / "pictures/thesis.txt");
  AtomicFolder output(folder / "pictures", IfExists::overwrite, ours);
  output.commit();
  EXPECT_FALSE(std::filesystem::exists(folder / "pictures/a.png"));
}

TEST(AtomicFolder, NeverReplacesAFile) {
  const TemporaryFolder folder;
  folder.write("out", "a file");
  EXPECT_THROW(AtomicFolder(folder / "out", IfExists::overwrite, any_name), OutputError);
  EXPECT_EQ(folder.read("out"), "a file");
}

}  // namespace
}  // namespace snitt
