# One makefile for the whole tree. `make help` lists what it can do.
#
# A variant has its own folder under build/, so that changing BUILD rebuilds
# nothing that is already there:
#     BUILD=debug     -O1, slow checks on                         (default)
#     BUILD=asan      the same with address and undefined sanitizers
#     BUILD=release   -O2, slow checks off, ASSERT stays on
#     BUILD=fuzz      asan, with the counters of clang's libFuzzer
# OUT=dir puts a build elsewhere (for another compiler beside this one).
# The user's CFLAGS, CPPFLAGS and LDFLAGS come last and win. V=1 shows commands.

.DEFAULT_GOAL := all

BUILD ?= debug
V     ?= 0
CC    ?= cc
OUT   ?= build/$(BUILD)

PKG_CONFIG   ?= pkg-config
OBJCOPY      ?= objcopy
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy
FUZZ_CC      ?= clang

# --- What must be on the machine ---------------------------------------------

# tests/setup/setup.sh looks, says what is missing and how to install it, and
# for `make check` and `make demo` installs it (NO_INSTALL=1: only says so).
# What it found is cached in $(OUT)/setup.mk, so make starts without a shell.
# Goals that compile nothing work on a bare machine.
BARE  := help clean lint guesses
GOALS := $(filter-out $(BARE),$(or $(MAKECMDGOALS),all))
TOOLS := $(if $(filter format format-check,$(GOALS)),clang-format) \
         $(if $(filter tidy,$(GOALS)),clang-tidy) \
         $(if $(filter fuzz,$(GOALS)),libfuzzer) \
         $(if $(filter valgrind check-scenarios-memory,$(GOALS)),valgrind)
BUILDS := $(filter-out format format-check,$(GOALS))
NEED  := $(strip $(TOOLS) $(if $(BUILDS),cc pkg-config gsl sqlite3 yaml-0.1) \
         $(if $(filter check asan tidy planted-bugs compile_commands run-% build/%,$(BUILDS)),cmocka) \
         $(if $(filter check asan demo,$(BUILDS)),gnuplot))
MAY_INSTALL := $(if $(filter check asan demo,$(GOALS)),$(if $(NO_INSTALL)$(findstring \
                 n,$(firstword -$(MAKEFLAGS))),no,yes),no)

ifneq ($(NEED),)
-include $(OUT)/setup.mk
SETUP_MISSING := $(filter-out $(SETUP_HAVE),$(NEED))
ifndef MAKE_RESTARTS
ifneq ($(SETUP_MISSING)|$(SETUP_FOR),|$(CC)|$(PKG_CONFIG)|$(PKG_CONFIG_PATH))
$(OUT)/setup.mk: FORCE
endif
$(OUT)/setup.mk: tests/setup/setup.sh
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' \
	 FUZZ_CC='$(FUZZ_CC)' sh tests/setup/setup.sh $@ $(MAY_INSTALL) $(NEED)
else ifneq ($(SETUP_MISSING),)
$(error Not without: $(SETUP_MISSING) (above: how to get them))
endif
endif

# As many jobs as processors, unless the user gave -j (which wins).
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += $(if $(SETUP_JOBS),-j$(SETUP_JOBS))
endif

# --- Flags ------------------------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wswitch-enum -Wcast-qual -Wpointer-arith -Wwrite-strings -Wundef \
        -Wvla -Wformat=2 -Wdouble-promotion -Wfloat-equal -Wnull-dereference
# Same numbers from every compiler and every -O: no fused multiply-add, char is
# signed everywhere, and never -ffast-math.
SAME := -ffp-contract=off -fsigned-char -fno-common

MODE_debug   := -O1 -g -DSIM_SLOW_CHECKS=1
MODE_release := -O2 -g -DSIM_SLOW_CHECKS=0
MODE_asan    := -O1 -g -DSIM_SLOW_CHECKS=1 -fno-omit-frame-pointer \
                -fsanitize=address,undefined -fno-sanitize-recover=all
MODE_fuzz    := -O1 -g -DSIM_SLOW_CHECKS=1 -fno-omit-frame-pointer \
                -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
MODE := $(MODE_$(BUILD))
$(if $(MODE),,$(error BUILD=$(BUILD) is not one of: debug asan release fuzz))

ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) $(if $(WERROR),-Werror) \
             $(SAME) $(MODE) $(CFLAGS)
INCLUDES    = -I. $(LIBS_CFLAGS)
# The same object, to the byte, from whatever folder: its hash is in results.
NO_PATHS   := -ffile-prefix-map=$(CURDIR)=.
# scheduler/ is compiled without -I.: it cannot see the simulator around it.
$(OUT)/scheduler/%.o: INCLUDES := -fPIC -fvisibility=hidden

# --- What there is to build -------------------------------------------------

KERNEL_SRC  := $(sort $(wildcard sim/kernel/*.c))
MODELS_SRC  := $(sort $(wildcard models/*.c models/mta/*.c models/tcp/*.c))
LAB_SRC     := $(sort $(wildcard sim/lab/*.c))
PLOTS_SRC   := $(sort $(wildcard plots/*.c))
MAIN_SRC    := $(wildcard sim/cmd/mtasim.c)
CMD_SRC     := $(filter-out $(MAIN_SRC),$(sort $(wildcard sim/cmd/*.c)))
CORE_SRC    := $(sort $(wildcard scheduler/core/*.c))
LIVE_SRC    := $(sort $(wildcard scheduler/live/*.c))
QMGR_SRC    := $(sort $(wildcard scheduler/qmgr/*.c))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c tests/reference/*.c))
TEST_SRC    := $(sort $(wildcard tests/unit/test_*.c tests/props/prop_*.c \
                 tests/closed/closed_*.c))
BENCH_SRC   := $(sort $(wildcard tests/bench/bench_*.c))
FUZZ_SRC    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PARTS  := $(filter-out $(FUZZ_SRC) tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
VALID_SRC   := $(sort $(wildcard tests/validation/tcp/*.c))
LINT_SRC    := tests/lint/abi.c
WRONG_SRC   := $(sort $(wildcard tests/support/schedulers/*.c))

obj = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB_SRC := $(KERNEL_SRC) $(MODELS_SRC) $(LAB_SRC) $(PLOTS_SRC) $(CMD_SRC)
ALL_SRC := $(LIB_SRC) $(MAIN_SRC) $(CORE_SRC) $(QMGR_SRC) $(LIVE_SRC) $(SUPPORT_SRC) \
           $(TEST_SRC) $(BENCH_SRC) $(LINT_SRC) $(WRONG_SRC) $(FUZZ_SRC) \
           $(FUZZ_PARTS) tests/fuzz/replay.c $(VALID_SRC)
ALL_HDR := $(sort $(wildcard sim/*/*.h models/*.h models/mta/*.h models/tcp/*.h plots/*.h \
             scheduler/*.h scheduler/*/*.h tests/*/*.h tests/*/*/*.h))
ALL_OBJ := $(call obj,$(ALL_SRC))

LIB     := $(OUT)/libmtasim.a
CORE    := $(OUT)/libjobctl.a
JOBCTL  := $(OUT)/jobctl.so
QMGR    := $(OUT)/qmgr.so
JOBCTLD := $(OUT)/jobctld
MTASIM  := $(OUT)/mtasim
WRONG   := $(patsubst %.c,$(OUT)/%.so,$(WRONG_SRC))
TESTS   := $(patsubst %.c,$(OUT)/%,$(TEST_SRC))
BENCHES := $(patsubst %.c,$(OUT)/%,$(BENCH_SRC))
FUZZERS := $(patsubst %.c,$(OUT)/%,$(FUZZ_SRC))
VALIDATE := $(OUT)/tests/validation/tcp/validate

ifeq ($(V),0)
say = @printf '  %-7s %s\n' $(1) $(2);
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all release asan demo check soak fuzz valgrind check-scenarios-memory \
        golden golden-update check-digest bench \
        check-seam check-globals check-headers check-abi check-planted planted-bugs lint \
        validate-tcp validate-tcp-recorded guesses tidy format format-check compile_commands clean help FORCE

all: $(if $(MAIN_SRC),$(MTASIM)) $(if $(CORE_SRC),$(JOBCTL)) $(QMGR) $(JOBCTLD) ## build the simulator (default)

# --- Compiling: -MMD -MP writes the dependencies beside each object ----------

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(INCLUDES) $(CPPFLAGS) $(ALL_CFLAGS) $(NO_PATHS) \
	  -MMD -MP -c -o $@ $<

# The program's sources have a hash, which is in the key of every result.
PROGRAM_SRC := $(sort $(wildcard sim/*/*.[ch] models/*.[ch] models/mta/*.[ch] models/tcp/*.[ch] \
                 plots/*.[ch] scheduler/sched_abi.h))
$(OUT)/program_sha256.h: $(PROGRAM_SRC) $(OUT)/list
	@mkdir -p $(@D)
	@sum=$$(sha256sum $(PROGRAM_SRC) | sha256sum | cut -d' ' -f1) && \
	 echo "#define PROGRAM_SHA256 \"$$sum\"" > $@
$(OUT)/sim/cmd/program.o: $(OUT)/program_sha256.h
$(OUT)/sim/cmd/program.o: INCLUDES += -I$(OUT)

# Objects depend on the flags they were compiled with, archives on the list of
# the sources, so that a file that goes is missed.
FLAGS_LINE = $(CC) $(CPPFLAGS) $(ALL_CFLAGS)
LIST_LINE  = $(LIB_SRC) $(CORE_SRC) $(QMGR_SRC) $(LIVE_SRC)
$(OUT)/flags $(OUT)/list: FORCE
	@mkdir -p $(@D); \
	 echo '$(if $(filter flags,$(@F)),$(FLAGS_LINE),$(LIST_LINE))' >$@.new; \
	 if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

-include $(ALL_OBJ:.o=.d)

$(LIB): $(call obj,$(LIB_SRC)) $(OUT)/list
$(CORE): $(call obj,$(CORE_SRC)) $(OUT)/list
$(LIB) $(CORE):
	$(call say,AR,$@)rm -f $@ && $(AR) rcsD $@ $(filter %.o,$^)

$(JOBCTL): $(call obj,$(CORE_SRC)) $(OUT)/list
$(QMGR): $(call obj,$(QMGR_SRC)) $(OUT)/list
$(JOBCTL) $(QMGR):
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) -shared -nostartfiles \
	  -Wl,-z,relro,-z,now,--build-id=none $(LDFLAGS) -o $@ $(filter %.o,$^)

$(JOBCTLD): $(call obj,$(LIVE_SRC)) $(OUT)/list | $(JOBCTL)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -pthread -ldl

$(MTASIM): $(call obj,$(MAIN_SRC)) $(LIB) | $(JOBCTL)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -ldl -lm

# Every tests/*/test_X.c, prop_X.c and closed_X.c is one program.
$(TESTS): $(OUT)/%: $(OUT)/%.o $(call obj,$(SUPPORT_SRC)) $(LIB) $(CORE) | $(JOBCTL) $(QMGR)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=base_assert_fail \
	  -o $@ $(filter-out $(LIB) $(CORE),$^) $(LIB) $(CORE) $(CMOCKA_LIBS) $(LIBS) -ldl -lm

$(OUT)/tests/unit/test_validation: $(call obj,$(filter %/cell.c %/cells.c %/compare.c \
  %/line.c %/record.c %/wire.c,$(VALID_SRC)))

# Schedulers that are wrong on purpose; most are the real one behind a forger,
# so its entry has another name there.
WRONG_OUT := $(OUT)/tests/support/schedulers
$(WRONG_OUT)/%.o: INCLUDES += -fPIC
$(WRONG_OUT)/core.a: $(CORE)
	@mkdir -p $(@D)
	$(call say,OBJCOPY,$@)$(OBJCOPY) --redefine-sym sched_entry=core_entry $< $@
$(WRONG): %.so: %.o $(WRONG_OUT)/core.a
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) -shared $(LDFLAGS) -o $@ $^
$(OUT)/tests/unit/test_host $(OUT)/tests/unit/test_conform \
run-tests/cmd/test_cmd_replay: | $(WRONG)

$(BENCHES): $(OUT)/%: $(OUT)/%.o $(LIB) $(CORE) | $(JOBCTL)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter-out $(CORE),$^) $(CORE) $(LIBS) -ldl -lm

# The model beside the real kernel.
$(VALIDATE): $(call obj,$(VALID_SRC)) $(LIB)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lm

# A fuzz target is a program that answers files, or, from clang, looks for more.
$(FUZZERS): $(OUT)/%: $(OUT)/%.o $(call obj,$(FUZZ_PARTS) $(if $(filter \
            fuzz,$(BUILD)),,tests/fuzz/replay.c)) $(LIB) $(CORE)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(if $(filter \
	  fuzz,$(BUILD)),-fsanitize=fuzzer) $(LDFLAGS) -o $@ $^ $(LIBS) -ldl -lm

demo: ## one command: sweep a question, draw the answer, say where it is
	@$(MAKE) --no-print-directory BUILD=release all
	@sh tests/setup/demo.sh build/release/mtasim build/demo

# --- Checking ---------------------------------------------------------------

# Every test program, shell test and rule is a target run-NAME. It runs one,
# keeps its output in $(OUT)/check/ and prints one line, unless it fails; the
# goal `check` then counts. `make check T=evq` runs those with evq in the name.
CMD_TESTS := $(sort $(wildcard tests/cmd/test_*.sh tests/live/test_*.sh))
# The rules are about the sources: once, not in every variant.
RULES := golden $(if $(filter debug,$(BUILD)),check-seam check-globals \
         check-headers check-abi lint check-planted validate-tcp-recorded)
ALL_RUNS := $(TESTS:$(OUT)/%=run-%) $(FUZZERS:$(OUT)/%=run-%) $(CMD_TESTS:%.sh=run-%) $(RULES:%=run-%)
RUNS := $(strip $(foreach r,$(ALL_RUNS),$(if $(T),$(if $(findstring \
          $(T),$(notdir $(r))),$(r)),$(r))))
ifneq ($(filter check,$(GOALS)),)
$(if $(RUNS),,$(error T=$(T) names no test))
endif
.PHONY: $(ALL_RUNS)
run = @MTASIM_BUILD=$(OUT) BUILD=$(BUILD) sh tests/setup/run.sh $(OUT)/check

$(TESTS:$(OUT)/%=run-%): run-%: $(OUT)/%
	$(run) $(notdir $*) $<
$(FUZZERS:$(OUT)/%=run-%): run-%: $(OUT)/%
	$(run) $(notdir $*) $< $(wildcard $(subst /fuzz_,/corpus/,$*)/*)
$(CMD_TESTS:%.sh=run-%): run-%: %.sh $(MTASIM) $(JOBCTLD)
	$(run) $(notdir $*) sh $<
run-tests/cmd/test_cmd_doctor: $(WRONG)
$(RULES:%=run-%): run-%: before-%
	$(run) $* $(do-$*)

check: $(RUNS) ## all the tests and rules; T=name: those with name in it
	@sh tests/setup/total.sh $(OUT)/check $(patsubst run-%,%,$(notdir $(RUNS)))

# What each rule needs built, and how it is run.
do-golden        = sh tests/golden.sh $(MTASIM)
do-check-seam    = sh tests/lint/seam.sh $(RELEASE_JOBCTL) scheduler/SYMBOLS && \
                   sh tests/lint/seam.sh $(RELEASE_QMGR) scheduler/SYMBOLS
do-check-globals = sh tests/lint/globals.sh $(LIB) $(CORE)
do-check-headers = env CC='$(CC)' FLAGS='$(LIBS_CFLAGS) $(ALL_CFLAGS)' \
                   sh tests/lint/headers.sh $(ALL_HDR)
do-check-abi     = sh tests/lint/abi.sh $(OUT)/tests/lint/abi \
                   scheduler/sched_abi.h tests/golden/sched_abi.txt
do-lint          = sh tests/lint/lint.sh
do-validate-tcp-recorded = $(VALIDATE) check $(VALID_DIR)/kernel.csv
do-check-planted = env MAKE='$(MAKE)' CC='$(CC)' CFLAGS='$(CFLAGS)' \
                   WERROR='$(WERROR)' OBJECTS=$(OUT) RELEASE=$(RELEASE_OUT) \
                   sh tests/lint/planted.sh

# The seam is a promise about the release object.
RELEASE_OUT := $(if $(filter build/$(BUILD),$(OUT)),build/release,$(OUT)-release)
RELEASE_JOBCTL := $(RELEASE_OUT)/jobctl.so
RELEASE_QMGR   := $(RELEASE_OUT)/qmgr.so
ifneq ($(RELEASE_OUT),$(OUT))
$(RELEASE_JOBCTL) $(RELEASE_QMGR) &: FORCE # one make at a time in there
	@$(MAKE) --no-print-directory BUILD=release OUT=$(RELEASE_OUT) \
	  $(RELEASE_JOBCTL) $(RELEASE_QMGR)
endif
$(OUT)/tests/lint/abi: $(OUT)/tests/lint/abi.o
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

.PHONY: $(RULES:%=before-%)
before-golden: $(MTASIM)
before-check-seam: $(RELEASE_JOBCTL) $(RELEASE_QMGR)
before-check-globals: $(LIB) $(CORE)
before-check-headers: $(OUT)/flags
before-validate-tcp-recorded: $(VALIDATE)
before-check-abi: $(OUT)/tests/lint/abi
before-check-planted: $(LIB) $(CORE) $(RELEASE_JOBCTL) $(RELEASE_QMGR)

golden: before-golden ## compare traces with tests/golden/, byte by byte
	@$(do-$@)

golden-update: before-golden ## rewrite tests/golden/ (commit it alone, say why)
	@$(do-golden) --update

check-seam: before-check-seam ## the schedulers keep no state and call nothing
	@$(do-$@)

check-globals: before-check-globals ## no writable variable outside a struct
	@$(do-$@)

check-headers: before-check-headers ## every header compiles on its own
	@$(do-$@)

check-abi: before-check-abi ## sched_abi.h lays its structs out as ever
	@$(do-$@)

lint: ## who includes whom, banned calls, licences, lengths
	@$(do-$@)

check-planted: before-check-planted ## each rule finds a planted violation
	@$(do-$@)

# As root: CELLS (spec, grid, random), SEED and N of the random ones, how many
# at once. The table is printed from the measurements, which are kept.
VALID_DIR := tests/validation/tcp
CELLS ?= spec,grid,random
SEED  ?= 77
N     ?= 400
CELLS_AT_ONCE ?= 24
validate-tcp: $(VALIDATE) ## the TCP model beside this machine's kernel; CELLS= SEED= N=
	@sh $(VALID_DIR)/validate.sh $(VALIDATE) $(VALID_DIR) $(CELLS_AT_ONCE) $(CELLS) $(SEED) $(N)

validate-tcp-recorded: before-validate-tcp-recorded ## the same, with the measurements that are kept
	@$(do-$@)

PLANTED_SRC := $(SUPPORT_SRC) $(wildcard tests/props/prop_reference.c \
                 tests/props/prop_jobctl.c tests/unit/test_jobctl_*.c)
planted-bugs: $(call obj,$(PLANTED_SRC)) $(LIB) $(MTASIM) ## plant mistakes in the scheduler: does a check notice? T=name
	@CC='$(CC)' LIBS='$(CMOCKA_LIBS) $(LIBS)' sh tests/planted/run.sh $(OUT) $(T)

guesses: ## list the constants without a source
	@grep -rn 'GUESS:' --include='*.[ch]' --include='*.yaml' sim models plots \
	  scheduler scenarios || echo "no guesses"

SOAK_EVENTS ?= 10000000
soak: $(OUT)/tests/props/prop_reference ## the core against the reference: ten million events
	@SOAK_EVENTS=$(SOAK_EVENTS) CMOCKA_MESSAGE_OUTPUT=stdout $<

asan: ## the tests again, with address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory BUILD=asan check

valgrind: $(MTASIM) $(JOBCTL) $(QMGR) ## every scenario to its end under memcheck; T=name
	@sh tests/valgrind.sh $(MTASIM) $(T)

check-scenarios-memory: valgrind ## the same, and every scenario with sanitizers
	@$(MAKE) --no-print-directory BUILD=asan check T=test_scenarios

# One target after the other; what they find is kept in build/fuzz/found.
SECONDS ?= 60
FUZZED := $(foreach f,$(FUZZERS:$(OUT)/%=%),$(if $(T),$(if $(findstring \
            $(T),$(notdir $f)),$f),$f))
fuzz: ## look for inputs that break a reader; T=name, SECONDS=60 each
	@$(MAKE) --no-print-directory CC=$(FUZZ_CC) BUILD=fuzz OUT=build/fuzz \
	  $(FUZZED:%=build/fuzz/%)
	@for f in $(FUZZED); do \
	  sh tests/fuzz/fuzz.sh build/fuzz/$$f $(SECONDS) build/fuzz/found || exit 1; \
	done

check-digest: ## the same digests from other compilers and optimisations
	@MAKE='$(MAKE)' sh tests/digest.sh

release: ## build with -O2
	@$(MAKE) --no-print-directory BUILD=release all

# Benches one after the other: they are timed.
bench: ## time it, in a release build; figures in build/bench.json
	@$(MAKE) --no-print-directory BUILD=release benches
	@sh tests/setup/bench.sh build/release/tests/bench build/bench.json

.PHONY: benches
benches: $(BENCHES) $(MTASIM)

# TIDY=files looks at these alone; a file takes seconds, all take minutes.
tidy: compile_commands.json ## clang-tidy over every file (TIDY=file: over these)
	@printf '%s\n' $(or $(TIDY),$(ALL_SRC)) | xargs -n 4 -P $(or \
	  $(SETUP_JOBS),2) $(CLANG_TIDY) -p . --quiet 2>$(OUT)/tidy.err || \
	  { grep -v ' warnings\{0,1\} generated' $(OUT)/tidy.err; exit 1; }

format: ## clang-format every file in place
	$(CLANG_FORMAT) -i $(ALL_SRC) $(ALL_HDR)

format-check: ## say which files `make format` would change
	$(CLANG_FORMAT) --dry-run -Werror $(ALL_SRC) $(ALL_HDR)

compile_commands: compile_commands.json ## for clangd and clang-tidy
compile_commands.json: Makefile $(OUT)/flags $(OUT)/list $(OUT)/program_sha256.h
	@{ comma='['; for f in $(ALL_SRC); do \
	  case $$f in scheduler/*) i=-fPIC;; *) i='$(INCLUDES) -I$(OUT)';; esac; \
	  printf '%s\n{"directory": "%s", "file": "%s", "command": "%s"}' \
	    "$$comma" '$(CURDIR)' "$$f" "$(CC) $$i $(ALL_CFLAGS) -c $$f"; comma=,; \
	done; echo; echo ']'; } >$@.new && mv $@.new $@

clean: ## remove build/
	rm -rf build compile_commands.json

help: ## this list
	@awk -F': .*## ' '/^[a-z_-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' Makefile
