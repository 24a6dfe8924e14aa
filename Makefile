# SPDX-License-Identifier: GPL-2.0-or-later
# Everything a person types.  `make help` lists it.

PREFIX   ?= /usr/local
CC       ?= gcc
CFLAGS   ?= -O2 -g
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1)
V        ?= 0
PROVE    ?= prove --failures --comments

# SAN=1 builds everything with AddressSanitizer and UndefinedBehaviorSanitizer,
# in a folder of its own.  FUZZ=1 is for the targets of `make fuzz`.
ifeq ($(FUZZ),1)
BUILD     = build-fuzz
CC        = clang
SANFLAGS  = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifeq ($(SAN),1)
BUILD     = build-san
SANFLAGS  = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
BUILD     = build
endif

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

# Recursively expanded on purpose: `make setup` has to run before pkg-config can answer.
COMMON_PKGS = glib-2.0 gio-unix-2.0 json-glib-1.0 libzstd libxxhash
CLIENT_PKGS = $(COMMON_PKGS) libssh libudev blkid
WIZARD_PKGS = $(COMMON_PKGS) gtk+-3.0
TEXT_PKGS   = $(COMMON_PKGS) libnewt
SERVER_PKGS = $(COMMON_PKGS) libguestfs libnbd libxml-2.0 libvirt zlib
ALL_PKGS    = $(sort $(CLIENT_PKGS) $(SERVER_PKGS))
PKG_CFLAGS  = $(shell pkg-config --cflags $(ALL_PKGS))

WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
       -Wformat=2 -Wvla -Wundef
# The image is the same wherever it is built, so no program knows where that was.
P2V_CFLAGS = -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DP2V_VERSION='"$(VERSION)"' -fPIC \
             -ffile-prefix-map=$(CURDIR)=. \
             $(WARN) -I. -Ip2v-client -Ip2v-server $(SANFLAGS) $(CFLAGS)

common_src  := $(wildcard common/*.c)
plugin_src  := $(wildcard p2v-server/broker-plugin*.c)
filter_src  := $(wildcard p2v-client/digest-filter*.c)
client_src  := $(filter-out p2v-client/main.c $(filter_src),$(wildcard p2v-client/*.c p2v-client/dialog/*.c))
wizard_src  := $(wildcard p2v-client/ui/*.c)
text_src    := $(wildcard p2v-client/text/*.c)
wizard_ui   := $(wildcard p2v-client/ui/*.ui p2v-client/ui/*.css)
init_src    := $(wildcard iso/init/*.c)
screen_src  := $(wildcard iso/screen/*.c)
server_src  := $(filter-out p2v-server/main.c $(plugin_src), \
               $(wildcard p2v-server/*.c p2v-server/*/*.c p2v-server/*/*/*.c))
fuzz_src    := $(wildcard tests/fuzz/*.c)
unit_src    := $(wildcard tests/unit/test-*.c)
tool_src    := $(wildcard tests/component/*-tool.c)
obj          = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

CLIENT  = $(BUILD)/bin/p2v-client
SERVER  = $(BUILD)/bin/p2v-server
PLUGIN  = $(BUILD)/lib/p2v/nbdkit-p2vbroker-plugin.so
FILTER  = $(BUILD)/lib/p2v/nbdkit-p2vdigest-filter.so
WIZARD  = $(BUILD)/lib/p2v/p2v-wizard.so
TEXT    = $(BUILD)/lib/p2v/p2v-text.so
INIT    = $(BUILD)/lib/p2v/init
SCREEN  = $(BUILD)/lib/p2v/text-screen
UNIT    = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(unit_src))
TOOLS   = $(patsubst tests/component/%.c,$(BUILD)/tests/%,$(tool_src))
MANS    = $(BUILD)/man/p2v-client.1
WORDS   = $(patsubst p2v-client/po/%.po,$(BUILD)/share/locale/%/LC_MESSAGES/p2v.mo,$(wildcard p2v-client/po/*.po))

.PHONY: all help setup demo check check-unit check-component check-machine check-slow soak bench \
        iso install-server install-client clean format lint test-programs

all: setup
	$(Q)$(MAKE) --no-print-directory programs

help:
	@echo 'make demo             the main job on this machine, from nothing to a booted guest (root)'
	@echo 'make check            set-up and all tests; check-unit, check-component, check-machine: one family'
	@echo 'make check-slow       tests that take longer than the rest together allows'
	@echo 'make check-storage    RAID, LVM, several paths, iSCSI, FCoE: what the image makes of them, and that it writes nothing'
	@echo 'make fuzz             fuzzes every parser, each for FUZZ_SECONDS (600)'
	@echo 'make check-boot       boots the image in every way (ROWS="bios-* sb-cd": some of them)'
	@echo 'make soak             whole jobs with a link that breaks again and again (SOAK_JOBS=5)'
	@echo 'make iso              build/p2v.iso'
	@echo 'make install-server   p2v-server into PREFIX ($(PREFIX)), on the conversion server'
	@echo 'make install          both programs, manual pages, translations into DESTDIR and PREFIX; for packages'
	@echo 'make all              the programs, into build/'
	@echo 'make screenshots      every page of the wizard as a picture, into build/screenshots'
	@echo 'make lint format      clang-tidy and shellcheck; clang-format'
	@echo 'make bench            speed, wire and memory against their bounds (root, a quarter of an hour);'
	@echo '                      bench-NAME: one of tests/bench; bench-peer: whole jobs against virt-p2v'
	@echo 'SAN=1 with the sanitizers, V=1 shows the commands'

# Debian packages that building, the demo and the tests need.
setup:
	$(Q)tests/setup.sh

.SECONDARY:
.PHONY: programs
programs: $(CLIENT) $(SERVER) $(PLUGIN) $(FILTER) $(WIZARD) $(TEXT) $(INIT) $(SCREEN) $(WORDS) $(MANS)

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(P2V_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# What says the version is made again when it is another one.
.PHONY: always
$(BUILD)/gen/version: always
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

$(call obj,$(shell grep -rl --include='*.c' P2V_VERSION common p2v-client p2v-server)): $(BUILD)/gen/version

$(BUILD)/libcommon.a: $(call obj,$(common_src))
$(BUILD)/libclient.a: $(call obj,$(client_src))
$(BUILD)/libserver.a: $(call obj,$(server_src))
$(BUILD)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The dialogs' modules find all of the core in the program that loads them.
$(CLIENT): $(call obj,p2v-client/main.c) $(BUILD)/libclient.a $(BUILD)/libcommon.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -rdynamic -o $@ -Wl,--whole-archive $^ -Wl,--no-whole-archive \
	  $$(pkg-config --libs $(CLIENT_PKGS))

$(BUILD)/obj/p2v-client/ui/%.o: PKG_CFLAGS += $$(pkg-config --cflags $(WIZARD_PKGS))

$(BUILD)/gen/wizard-resources.c: p2v-client/ui/wizard.gresource.xml $(wizard_ui)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)glib-compile-resources --generate-source --sourcedir=p2v-client/ui --target=$@ $<

$(BUILD)/obj/wizard-resources.o: $(BUILD)/gen/wizard-resources.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(WARN),$(P2V_CFLAGS)) $(PKG_CFLAGS) -c -o $@ $<

$(WIZARD): $(call obj,$(wizard_src)) $(BUILD)/obj/wizard-resources.o
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -shared -o $@ $^ $$(pkg-config --libs $(WIZARD_PKGS))

$(BUILD)/obj/p2v-client/text/%.o: PKG_CFLAGS += $$(pkg-config --cflags $(TEXT_PKGS))

$(TEXT): $(call obj,$(text_src))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -shared -o $@ $^ $$(pkg-config --libs $(TEXT_PKGS)) -lslang

# The image's first program runs before there is any library.
$(call obj,$(init_src)): SANFLAGS =
$(INIT): $(call obj,$(init_src))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -static -s -o $@ $^ $$(pkg-config --static --libs libzstd)

$(SCREEN): $(call obj,$(screen_src))
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^

$(SERVER): $(call obj,p2v-server/main.c) $(BUILD)/libserver.a $(BUILD)/libcommon.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_PKGS))

$(PLUGIN): $(call obj,$(plugin_src)) $(BUILD)/libcommon.a
$(FILTER): $(call obj,$(filter_src)) $(BUILD)/libcommon.a
$(PLUGIN) $(FILTER):
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -shared -o $@ $^ $$(pkg-config --libs $(COMMON_PKGS) libnbd)

$(BUILD)/tests/test-%: $(BUILD)/obj/tests/unit/test-%.o $(BUILD)/libclient.a $(BUILD)/libserver.a $(BUILD)/libcommon.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(ALL_PKGS) cmocka)

$(BUILD)/tests/test-unpack: $(BUILD)/obj/iso/init/unpack.o

$(BUILD)/tests/%-tool: $(BUILD)/obj/tests/component/%-tool.o $(BUILD)/libclient.a $(BUILD)/libserver.a $(BUILD)/libcommon.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(ALL_PKGS))

$(BUILD)/share/locale/%/LC_MESSAGES/p2v.mo: p2v-client/po/%.po
	$(call say,MSGFMT,$<)
	$(Q)mkdir -p $(@D)
	$(Q)msgfmt --check-format -o $@ $<

# The manual page of the client is made from its table of settings.
$(BUILD)/man/p2v-client.1: $(CLIENT)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLIENT) --man > $@

# A program without sanitizers cannot load a plugin with them by itself.
ifeq ($(SAN),1)
SAN_NBDKIT = $(BUILD)/bin/nbdkit
$(BUILD)/lib/keep-plugins.so: tests/lib/keep-plugins.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC -Wall -Wextra -o $@ $<

$(SAN_NBDKIT): Makefile $(BUILD)/lib/keep-plugins.so
	$(Q)mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nLD_PRELOAD="%s %s" exec %s "$$@"\n' \
	  "$$($(CC) -print-file-name=libasan.so)" "$(CURDIR)/$(BUILD)/lib/keep-plugins.so" "$$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v nbdkit)" > $@
	$(Q)chmod 755 $@
endif

# To be preloaded into a program.
$(BUILD)/tests/%.so: tests/lib/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -shared -fPIC -Wall -Wextra -o $@ $<

test-programs: programs $(UNIT) $(TOOLS) $(patsubst %,$(BUILD)/tests/%.so,bad-file hold-calls keyboard) $(SAN_NBDKIT)

# ---- tests: TAP through prove; tests/run gives each its time limit and folder ----
RUN = BUILD=$(CURDIR)/$(BUILD) SAN=$(SAN) $(PROVE) --timer --exec tests/run

check-unit: setup
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)$(RUN) $(UNIT)

# Most of the time of these is waiting and emulation by one thread.
COMPONENT_JOBS ?= 2

check-component: setup
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)$(RUN) -j $(COMPONENT_JOBS) $(sort $(wildcard tests/component/*.sh))

check-machine: setup
	$(Q)$(MAKE) --no-print-directory test-programs iso
	$(Q)$(RUN) $(sort $(wildcard tests/machine/*.sh))

# ---- fuzzing: clang, libFuzzer; two targets at a time, tests/fuzz/run ----
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libclient.a $(BUILD)/libserver.a $(BUILD)/libcommon.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(ALL_PKGS))

.PHONY: fuzz fuzz-programs
fuzz-programs: $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(fuzz_src))

fuzz:
	$(Q)tests/setup.sh clang libclang-rt-14-dev
	$(Q)$(MAKE) --no-print-directory FUZZ=1 fuzz-programs
	$(Q)tests/fuzz/run build-fuzz/fuzz

check: check-unit check-component check-machine

# What would make `make check` too long.
check-slow: setup
	$(Q)tests/setup.sh tgt
	$(Q)$(MAKE) --no-print-directory test-programs iso
	$(Q)$(RUN) $(sort $(wildcard tests/slow/*.sh))

# Disks that are put together of others, hashed before and after.
.PHONY: check-storage
check-storage: setup
	$(Q)tests/setup.sh tgt
	$(Q)$(MAKE) --no-print-directory test-programs iso
	$(Q)$(RUN) $(patsubst %,tests/slow/%.sh,storage iscsi fcoe smart parts-job iscsi-job)

# ---- benchmarks: tests/bench/NAME.sh is `make bench-NAME`; `make bench` leaves out what
# takes too long ----
BENCHES = $(patsubst tests/bench/%.sh,bench-%,$(filter-out tests/bench/lib.sh tests/bench/whole-job.sh,$(wildcard tests/bench/*.sh)))
.PHONY: $(BENCHES)

bench: setup
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)$(foreach b,$(filter-out bench-peer,$(BENCHES)),BUILD=$(CURDIR)/$(BUILD) $(b:bench-%=tests/bench/%.sh) &&) true

$(BENCHES): setup
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)BUILD=$(CURDIR)/$(BUILD) $(@:bench-%=tests/bench/%.sh)

# Nightly, an hour: jobs whose link is cut again and again.
SOAK_JOBS ?= 5

soak: setup
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)BUILD=$(CURDIR)/$(BUILD) tests/soak/link-cuts.sh $(SOAK_JOBS)

# Every way to start the image (tests/boot/rows.list), an hour; ROWS="bios-* sb-cd": some.
.PHONY: check-boot
check-boot: setup
	$(Q)tests/setup.sh ovmf-ia32 ipxe
	$(Q)$(MAKE) --no-print-directory iso
	$(Q)BUILD=$(CURDIR)/$(BUILD) tests/boot/run $(ROWS)

demo: setup
	$(Q)$(MAKE) --no-print-directory programs iso
	$(Q)BUILD=$(CURDIR)/$(BUILD) tests/machine/main-job.sh --demo

# ---- the image ----
iso: setup
	$(Q)rm -rf $(BUILD)/client-tree
	$(Q)$(MAKE) --no-print-directory install-client DESTDIR=$(CURDIR)/$(BUILD)/client-tree PREFIX=/usr
	$(Q)iso/build.sh --out $(BUILD)/p2v.iso --client-tree $(BUILD)/client-tree

install-client: $(CLIENT) $(FILTER) $(WIZARD) $(TEXT) $(INIT) $(SCREEN) $(WORDS)
	$(Q)install -D -m 755 $(CLIENT) $(DESTDIR)$(PREFIX)/bin/p2v-client
	$(Q)for program in $(INIT) $(SCREEN); do install -D -m 755 $$program $(DESTDIR)$(PREFIX)/lib/p2v/$${program##*/}; done
	$(Q)install -D -m 644 $(FILTER) $(DESTDIR)$(PREFIX)/lib/p2v/$(notdir $(FILTER))
	$(Q)install -D -m 644 $(WIZARD) $(DESTDIR)$(PREFIX)/lib/p2v/$(notdir $(WIZARD))
	$(Q)install -D -m 644 $(TEXT) $(DESTDIR)$(PREFIX)/lib/p2v/$(notdir $(TEXT))
	$(Q)for words in $(WORDS:$(BUILD)/%=%); do install -D -m 644 $(BUILD)/$$words $(DESTDIR)$(PREFIX)/$$words; done

install-server: setup
	$(Q)$(MAKE) --no-print-directory programs install-server-files

.PHONY: install install-server-files install-man install-appliance
install-server-files: $(SERVER) $(PLUGIN)
	$(Q)install -D -m 755 $(SERVER) $(DESTDIR)$(PREFIX)/bin/p2v-server
	$(Q)install -D -m 644 $(PLUGIN) $(DESTDIR)$(PREFIX)/lib/p2v/$(notdir $(PLUGIN))
	$(Q)install -D -m 644 docs/p2v-server.8 $(DESTDIR)$(PREFIX)/share/man/man8/p2v-server.8

install-man: $(MANS)
	$(Q)install -D -m 644 $(BUILD)/man/p2v-client.1 $(DESTDIR)$(PREFIX)/share/man/man1/p2v-client.1

# Both programs and all that belongs to them, for packages: DESTDIR, PREFIX.
install: install-client install-server-files install-man

# The image's own files, for kickstart/.
install-appliance:
	$(Q)mkdir -p $(DESTDIR)$(PREFIX)/share/p2v/appliance
	$(Q)cp -R --no-preserve=ownership iso/dracut/90p2v/root/. iso/gui/. $(DESTDIR)$(PREFIX)/share/p2v/appliance/

# ---- pictures of the wizard: every page, two sizes, all languages; a real conversion each ----
SHOTS = $(BUILD)/screenshots

.PHONY: screenshots
screenshots: setup
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)for size in 800x600 1280x800; do for lang in en $(notdir $(basename $(wildcard p2v-client/po/*.po))); do \
	  mkdir -p $(SHOTS)/$$lang-$$size; \
	  BUILD=$(CURDIR)/$(BUILD) SIZE=$$size WIZARD_LANG=$${lang#en} SHOTS=$(CURDIR)/$(SHOTS)/$$lang-$$size \
	    tests/run tests/machine/wizard.sh || exit 1; \
	done; done
	$(Q)for test in layout choices waiting; do \
	  BUILD=$(CURDIR)/$(BUILD) SHOTS=$(CURDIR)/$(SHOTS) tests/run tests/component/wizard-$$test.sh || exit 1; \
	done
	@echo 'The pictures are in $(SHOTS).'

# ---- care ----
format:
	clang-format -i $$(git ls-files '*.c' '*.h' '*.def')

lint:
	$(Q)tests/setup.sh clang libclang-rt-14-dev clang-format clang-tidy shellcheck
	clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h')
	$(Q)$(MAKE) --no-print-directory FUZZ=1 fuzz-programs # nothing else builds them
	shellcheck -x $$(git ls-files '*.sh' tests/run)
	clang-tidy --quiet $$(git ls-files 'iso/*.c' 'common/*.c' 'p2v-client/*.c' 'p2v-server/*.c') -- $(P2V_CFLAGS) $(PKG_CFLAGS) $$(pkg-config --cflags gtk+-3.0)

clean:
	rm -rf build build-san build-fuzz

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
