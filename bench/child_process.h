// A helper process that answers one line per line: how a benchmark talks to a peer that lives in
// another language.
#ifndef BENCH_CHILD_PROCESS_H_
#define BENCH_CHILD_PROCESS_H_

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace bench {

class ChildProcess {
  public:
    explicit ChildProcess(const std::vector<std::string> &command) {
        int to_child[2], from_child[2];
        if (pipe(to_child) != 0 || pipe(from_child) != 0) return;
        pid_ = fork();
        if (pid_ == 0) {
            dup2(to_child[0], STDIN_FILENO);
            dup2(from_child[1], STDOUT_FILENO);
            close(to_child[1]);
            close(from_child[0]);
            std::vector<char *> argv;
            for (const std::string &word : command) {
                argv.push_back(const_cast<char *>(word.c_str()));
            }
            argv.push_back(nullptr);
            execv(argv[0], argv.data());
            _exit(127);
        }
        close(to_child[0]);
        close(from_child[1]);
        in_ = fdopen(to_child[1], "w");
        out_ = fdopen(from_child[0], "r");
        signal(SIGPIPE, SIG_IGN);
    }
    ~ChildProcess() {
        if (in_) fclose(in_);
        if (out_) fclose(out_);
        if (pid_ > 0) waitpid(pid_, nullptr, 0);
    }
    ChildProcess(const ChildProcess &) = delete;
    ChildProcess &operator=(const ChildProcess &) = delete;

    // The answer to a line without its newline; empty when the child is gone.
    std::string Ask(const std::string &line) {
        char answer[256];
        if (!in_ || !out_ || fprintf(in_, "%s\n", line.c_str()) < 0 || fflush(in_) != 0 ||
            !fgets(answer, sizeof answer, out_)) {
            return "";
        }
        return answer;
    }

  private:
    pid_t pid_ = -1;
    FILE *in_ = nullptr;
    FILE *out_ = nullptr;
};

}  // namespace bench

#endif  // BENCH_CHILD_PROCESS_H_
