// SPDX-License-Identifier: GPL-3.0-or-later
#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

static int master = -1;
static const char *link_path;
static char slave_path[128];

unsigned speed_of_terminal(int fd);  // speed.c

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); }

static void make_link(void) {
    struct stat old;
    if (lstat(link_path, &old) == 0 && !S_ISLNK(old.st_mode))
        fail("%s: exists and is no link; give another --link", link_path);
    unlink(link_path);
    if (symlink(slave_path, link_path) != 0) fail("%s: cannot make the link: %s", link_path, strerror(errno));
}

void pty_plug(const char *link) {
    int slave;
    struct termios raw;
    if (openpty(&master, &slave, slave_path, NULL, NULL) != 0) fail("no pseudo terminal: %s", strerror(errno));
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    close(slave);  // now the master sees a hang-up for as long as nobody has the port open
    fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    link_path = link;
    make_link();
}

static int unread(int slave) {
    int count = 0;
    return ioctl(slave, FIONREAD, &count) == 0 ? count : 0;
}

// Takes what nobody has read: only so it can be counted, for the kernel tells of the first 4 kB only.
static size_t take_unread(int slave) {
    uint8_t bytes[4096];
    size_t taken = 0;
    for (int empty = 0; empty < 3; nap()) {
        const ssize_t done = read(slave, bytes, sizeof bytes);
        taken += done > 0 ? (size_t)done : 0;
        empty = done > 0 ? 0 : empty + 1;
    }
    return taken;
}

// The kernel moves bytes on in the background: empty only counts if it stays so.
static size_t drain(void) {
    const int slave = open(slave_path, O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (slave < 0) return 0;
    int empty = 0;
    for (int i = 0; i < 500 && empty < 3; i++) {
        empty = unread(slave) == 0 ? empty + 1 : 0;
        nap();
    }
    const size_t left = empty < 3 ? take_unread(slave) : 0;
    close(slave);
    return left;
}

size_t pty_unplug(void) {
    if (master < 0) return 0;
    const size_t lost = pty_opened() ? drain() : 0;
    unlink(link_path);
    close(master);
    master = -1;
    return lost;
}

bool pty_plugged(void) { return master >= 0; }

bool pty_opened(void) {
    if (master < 0) return false;
    struct pollfd ask = {.fd = master, .events = POLLIN};
    return poll(&ask, 1, 0) < 0 || !(ask.revents & POLLHUP);
}

unsigned pty_speed(void) { return master < 0 ? 0 : speed_of_terminal(master); }

size_t pty_write(const uint8_t *bytes, size_t count) {
    const ssize_t done = master < 0 ? 0 : write(master, bytes, count);
    return done > 0 ? (size_t)done : 0;
}

size_t pty_read(uint8_t *bytes, size_t room) {
    const ssize_t done = master < 0 ? 0 : read(master, bytes, room);
    return done > 0 ? (size_t)done : 0;
}

void pty_wait_room(int milliseconds) {
    struct pollfd ask = {.fd = master, .events = POLLOUT};
    poll(&ask, 1, milliseconds);
}
