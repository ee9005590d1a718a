# One makefile for the whole tree. `make help` lists what it can do.
#
# A variant has its own folder under build/, so that changing BUILD rebuilds
# nothing that is already there:
#     BUILD=debug     -O1, slow checks on                         (default)
#     BUILD=asan      the same with address and undefined sanitizers
#     BUILD=release   -O2, slow checks off, ASSERT stays on
# OUT=dir puts a build elsewhere (for another compiler beside this one).
# The user's CFLAGS, CPPFLAGS and LDFLAGS come last and win. V=1 shows commands.

BUILD ?= debug
V     ?= 0
CC    ?= cc
OUT   ?= build/$(BUILD)

PKG_CONFIG   ?= pkg-config
CLANG_FORMAT ?= clang-format
CLANG_TIDY   ?= clang-tidy

# --- Libraries --------------------------------------------------------------

LIBS_CFLAGS = $(shell $(PKG_CONFIG) --cflags gsl sqlite3 yaml-0.1)
LIBS        = $(shell $(PKG_CONFIG) --libs gsl sqlite3 yaml-0.1)
CMOCKA_LIBS = $(shell $(PKG_CONFIG) --libs cmocka)

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
MODE := $(MODE_$(BUILD))
$(if $(MODE),,$(error BUILD=$(BUILD) is not one of: debug asan release))

ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) $(if $(WERROR),-Werror) \
             $(SAME) $(MODE) $(CFLAGS)
INCLUDES    = -I. $(LIBS_CFLAGS)
# scheduler/ is compiled without -I.: it cannot see the simulator around it.
$(OUT)/scheduler/%.o: INCLUDES := -fPIC -fvisibility=hidden

# --- What there is to build -------------------------------------------------

KERNEL_SRC  := $(sort $(wildcard sim/kernel/*.c))
MODELS_SRC  := $(sort $(wildcard models/*.c models/mta/*.c))
LAB_SRC     := $(sort $(wildcard sim/lab/*.c))
PLOTS_SRC   := $(sort $(wildcard plots/*.c))
MAIN_SRC    := $(wildcard sim/cmd/mtasim.c)
CMD_SRC     := $(filter-out $(MAIN_SRC),$(sort $(wildcard sim/cmd/*.c)))
CORE_SRC    := $(sort $(wildcard scheduler/core/*.c))
QMGR_SRC    := $(sort $(wildcard scheduler/qmgr/*.c))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
TEST_SRC    := $(sort $(wildcard tests/unit/test_*.c tests/props/prop_*.c \
                 tests/closed/closed_*.c))
BENCH_SRC   := $(sort $(wildcard tests/bench/bench_*.c))

obj = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB_SRC := $(KERNEL_SRC) $(MODELS_SRC) $(LAB_SRC) $(PLOTS_SRC) $(CMD_SRC)
ALL_SRC := $(LIB_SRC) $(MAIN_SRC) $(CORE_SRC) $(QMGR_SRC) $(SUPPORT_SRC) $(TEST_SRC) \
           $(BENCH_SRC)
ALL_HDR := $(sort $(wildcard sim/*/*.h models/*.h models/mta/*.h plots/*.h \
             scheduler/*.h scheduler/*/*.h tests/*/*.h))
ALL_OBJ := $(call obj,$(ALL_SRC))

LIB     := $(OUT)/libmtasim.a
CORE    := $(OUT)/libjobctl.a
JOBCTL  := $(OUT)/jobctl.so
QMGR    := $(OUT)/qmgr.so
MTASIM  := $(OUT)/mtasim
TESTS   := $(patsubst %.c,$(OUT)/%,$(TEST_SRC))
BENCHES := $(patsubst %.c,$(OUT)/%,$(BENCH_SRC))

ifeq ($(V),0)
say = @printf '  %-7s %s\n' $(1) $(2);
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all check asan release bench check-seam check-globals check-headers \
        lint tidy format format-check compile_commands clean help FORCE

all: $(if $(MAIN_SRC),$(MTASIM)) $(if $(CORE_SRC),$(JOBCTL)) $(QMGR) ## build the simulator (default)

# --- Compiling: -MMD -MP writes the dependencies beside each object ----------

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(INCLUDES) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The program's sources have a hash, which is in the key of every result.
PROGRAM_SRC := $(sort $(wildcard sim/*/*.[ch] models/*.[ch] models/mta/*.[ch] \
                 plots/*.[ch] scheduler/sched_abi.h))
$(OUT)/program_sha256.h: $(PROGRAM_SRC)
	@mkdir -p $(@D)
	@sum=$$(sha256sum $^ | sha256sum | cut -d' ' -f1) && \
	 echo "#define PROGRAM_SHA256 \"$$sum\"" > $@
$(OUT)/sim/cmd/program.o: $(OUT)/program_sha256.h
$(OUT)/sim/cmd/program.o: INCLUDES += -I$(OUT)

# Objects depend on the flags they were compiled with.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(ALL_CFLAGS)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS) $(ALL_CFLAGS)' > $@

-include $(ALL_OBJ:.o=.d)

$(LIB): $(call obj,$(LIB_SRC))
$(CORE): $(call obj,$(CORE_SRC))
$(LIB) $(CORE):
	$(call say,AR,$@)rm -f $@ && $(AR) rcsD $@ $^

$(JOBCTL): $(call obj,$(CORE_SRC))
$(QMGR): $(call obj,$(QMGR_SRC))
$(JOBCTL) $(QMGR):
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) -shared -nostartfiles \
	  -Wl,-z,relro,-z,now,--build-id=none $(LDFLAGS) -o $@ $^

$(MTASIM): $(call obj,$(MAIN_SRC)) $(LIB) | $(JOBCTL)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -ldl -lm

# Every tests/*/test_X.c, prop_X.c and closed_X.c is one program.
$(TESTS): $(OUT)/%: $(OUT)/%.o $(call obj,$(SUPPORT_SRC)) $(LIB) $(CORE) | $(JOBCTL) $(QMGR)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--wrap=base_assert_fail \
	  -o $@ $(filter-out $(CORE),$^) $(CORE) $(CMOCKA_LIBS) $(LIBS) -ldl -lm

$(BENCHES): $(OUT)/%: $(OUT)/%.o $(LIB) $(CORE) | $(JOBCTL)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter-out $(CORE),$^) $(CORE) $(LIBS) -ldl -lm

# --- Checking ---------------------------------------------------------------

# `make check T=evq` runs only the programs whose name contains evq.
RUN := $(strip $(foreach t,$(TESTS),$(if $(T),$(if $(findstring $(T),$(notdir \
         $t)),run-$t),run-$t)))
$(if $(T),$(if $(RUN),,$(error T=$(T) names no test)))
.PHONY: $(RUN)
$(RUN): run-%: %
	$(call say,TEST,$*)CMOCKA_MESSAGE_OUTPUT=stdout MTASIM_BUILD=$(OUT) $*

check: $(RUN) ## unit tests, properties
	@echo "check: all passed ($(BUILD))"

asan: ## the tests again, with address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory BUILD=asan check

release: ## build with -O2
	@$(MAKE) --no-print-directory BUILD=release all

bench: $(BENCHES) ## time the kernel (BUILD=release)
	@for b in $(BENCHES); do $$b || exit 1; done

check-headers: $(OUT)/flags ## every header compiles on its own
	$(call say,HEADERS,.)for h in $(ALL_HDR); do \
	  echo "#include \"$$h\"" | $(CC) -I. $(LIBS_CFLAGS) $(ALL_CFLAGS) -Werror \
	    -fsyntax-only -x c - || exit 1; done

tidy: compile_commands.json ## clang-tidy over every file
	$(CLANG_TIDY) -p . --quiet $(ALL_SRC)

format: ## clang-format every file in place
	$(CLANG_FORMAT) -i $(ALL_SRC) $(ALL_HDR)

format-check: ## say which files `make format` would change
	$(CLANG_FORMAT) --dry-run -Werror $(ALL_SRC) $(ALL_HDR)

compile_commands: compile_commands.json ## for clangd and clang-tidy, by bear
compile_commands.json: Makefile $(ALL_SRC)
	bear --output $@ -- $(MAKE) -B --no-print-directory BUILD=debug \
	  $(ALL_SRC:%.c=build/debug/%.o)

clean: ## remove build/
	rm -rf build compile_commands.json

help: ## this list
	@awk -F': .*## ' '/^[a-z_-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
