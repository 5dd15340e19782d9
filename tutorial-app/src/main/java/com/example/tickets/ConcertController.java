package com.example.tickets;

import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.web.AwaitsProjection;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/concerts")
class ConcertController {
    private final CommandExecutor commands;
    private final Concerts concerts;

    ConcertController(CommandExecutor commands, Concerts concerts) {
        this.commands = commands;
        this.concerts = concerts;
    }

    @PutMapping("/{concert}")
    @ResponseStatus(HttpStatus.CREATED)
    void announce(@PathVariable StreamId concert, @RequestBody Announcement announcement) {
        commands.execute(new AnnounceConcert(concert, announcement.title(), announcement.seats()));
    }

    @PostMapping("/{concert}/tickets")
    @ResponseStatus(HttpStatus.CREATED)
    void sell(@PathVariable StreamId concert, @RequestBody Order order) {
        commands.execute(new SellTicket(concert, order.buyer()));
    }

    @GetMapping
    @AwaitsProjection(Concerts.NAME)
    List<Concerts.Listed> list() {
        return concerts.all();
    }

    record Announcement(String title, int seats) {}

    record Order(String buyer) {}
}
