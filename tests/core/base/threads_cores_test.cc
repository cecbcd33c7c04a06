#include "core/base/cores.h"

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace {

TEST(Cores, CpuMax) {
    EXPECT_EQ(neural_cores_from_cpu_max("max 100000\n"), 0);
    EXPECT_EQ(neural_cores_from_cpu_max("100000 100000\n"), 1);
    EXPECT_EQ(neural_cores_from_cpu_max("150000 100000\n"), 2);
    EXPECT_EQ(neural_cores_from_cpu_max("200000 100000\n"), 2);
    EXPECT_EQ(neural_cores_from_cpu_max("200001 100000\n"), 3);
    EXPECT_EQ(neural_cores_from_cpu_max("5000 100000"), 1);
    EXPECT_EQ(neural_cores_from_cpu_max("9223372036854775807 1"), INT32_MAX);
    for (const char *bad : {"", "\n", "max", "12", "12 0", "12 -5", "-1 100000", "x y", "0 100"}) {
        EXPECT_EQ(neural_cores_from_cpu_max(bad), 0) << bad;
    }
}

TEST(Cores, CfsQuota) {
    EXPECT_EQ(neural_cores_from_cfs("-1\n", "100000\n"), 0);
    EXPECT_EQ(neural_cores_from_cfs("250000\n", "100000\n"), 3);
    EXPECT_EQ(neural_cores_from_cfs("", ""), 0);
    EXPECT_EQ(neural_cores_from_cfs("100000", ""), 0);
}

/* A tree like /sys/fs/cgroup in the test's own directory. */
class CgroupTree : public ::testing::Test {
  protected:
    void SetUp() override {
        const char *base = getenv("TEST_TMPDIR");
        std::string pattern = std::string(base ? base : "/tmp") + "/cgroup.XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void put(const std::string &path, const std::string &text) {
        for (size_t at = 1; (at = path.find('/', at)) != std::string::npos; at++) {
            mkdir((root_ + path.substr(0, at)).c_str(), 0755);
        }
        std::ofstream(root_ + path) << text;
    }
    int cores(const char *membership) {
        return neural_cores_from_cgroups(membership, root_.c_str());
    }
    std::string root_;
};

TEST_F(CgroupTree, NoFilesNoLimit) {
    EXPECT_EQ(cores("0::/a/b\n"), 0);
    EXPECT_EQ(cores(""), 0);
}

TEST_F(CgroupTree, Version2TakesTheTightestLevel) {
    put("/a/b/cpu.max", "800000 100000\n");
    put("/a/cpu.max", "300000 100000\n");
    put("/a/b/c/cpu.max", "max 100000\n");
    EXPECT_EQ(cores("0::/a/b/c\n"), 3);
    EXPECT_EQ(cores("0::/a/b\n"), 3);
    EXPECT_EQ(cores("0::/\n"), 0);
    put("/cpu.max", "150000 100000\n");
    EXPECT_EQ(cores("0::/\n"), 2);
    EXPECT_EQ(cores("0::/elsewhere/of/the/host\n"), 2) << "only the root is mounted";
}

TEST_F(CgroupTree, Version1) {
    put("/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "400000\n");
    put("/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n");
    const char *text = "12:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/y\n";
    EXPECT_EQ(cores(text), 4);
    EXPECT_EQ(cores("4:cpuset:/docker/x\n3:cpuacct:/docker/x"), 0) << "not the cpu controller";
    put("/cpu/cpu.cfs_quota_us", "120000\n");
    put("/cpu/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(cores(text), 2) << "the root of a container";
}

TEST_F(CgroupTree, OddMembershipLines) {
    put("/cpu.max", "100000 100000\n");
    const std::string endless = "0::/" + std::string(10000, 'a');
    for (const char *bad : {"\n\n", "0", "0:", ":::\n::\n", "no colons here", endless.c_str()}) {
        EXPECT_GE(cores(bad), 0) << bad;
    }
    EXPECT_EQ(cores("garbage\n0::/x"), 1);
}

TEST(Cores, RespectsAffinity) {
    const int before = neural_cores_available();
    EXPECT_GE(before, 1);
    std::thread([&] {
        cpu_set_t all, one;
        ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
        EXPECT_LE(before, CPU_COUNT(&all));
        CPU_ZERO(&one);
        for (int cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++) {
            if (CPU_ISSET(cpu, &all)) {
                CPU_SET(cpu, &one);
            }
        }
        ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
        EXPECT_EQ(neural_cores_available(), 1);
    }).join();
    EXPECT_EQ(neural_cores_available(), before);
}

} // namespace
