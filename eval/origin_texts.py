"""Independent reports of two invented events, and words with which `eval.origins` rewords them.

Example: `REPORTS["dam"]` has three articles by three reporters on one leak in a dam; they quote the same statements.
"""

# ruff: noqa: E501 - a paragraph is a line

from __future__ import annotations

REPORTS = {
    "dam": (
        """Engineers opened the spillway of the Orvale dam on Tuesday after water was seen coming through its eastern wall, and about 3,000 people in the valley were told to leave their homes.
The leak was found at dawn by a watchman who was making his usual round.
“There is no danger that the wall will break, but we take no chances with people who live below it,” the minister of water, Lena Brask, told reporters at the dam.
Buses carried families to schools in Tolm, a town on higher ground, where the Red Cross handed out blankets and soup.
The dam was built in 1961 and was last inspected four years ago, according to records of the ministry.
An inspector wrote at the time that its drains needed to be cleaned every year.
Opposition deputies demanded to know why the money for repairs had been cut from the budget.
“We warned them three times in writing and we never received so much as a reply from the capital,” said Jon Harl, the mayor of Orvale.
The ministry expects the reservoir to fall by six metres before the weekend.
Farmers downstream said that they feared for their winter wheat, which stands under water in many fields.""",
        """Families from the villages under Orvale spent the night on gymnasium floors after officials ordered them out because the old dam above them had begun to seep.
Maria Tenn, a teacher, had ten minutes to pack. She took her cat, two coats and the photographs of her parents.
Sirens woke the valley shortly after six. Police officers went from door to door, and by noon the road to Tolm was full of cars.
“There is no danger that the wall will break, but we take no chances with people who live below it,” Brask said during a short visit.
Few of those in the gymnasium believed her. Many remembered the flood of 1987, when a smaller barrage upstream gave way and eleven neighbours drowned.
The mayor was angry. “We warned them three times in writing and we never received so much as a reply from the capital,” Harl said.
Volunteers cooked lentils in the school kitchen while children slept between the wall bars.
Nobody can say when the residents may return; the crews want to see the lake drop several metres first.""",
        """Shares of the utility Norhydro lost nine percent after one of its oldest reservoirs sprang a leak, raising questions about what it spends on maintenance.
Analysts put the cost of mending the Orvale structure at up to 40 million crowns, and a full replacement at ten times as much.
The company has operated the plant since it bought it from the state in 2003. Its licence runs until 2031.
Three turbines were shut down, which takes two percent of the nation's electricity off the grid. Imports over the southern link made up for it, so prices hardly moved.
Brask, whose department oversees the industry, promised a review of all forty large barrages. “There is no danger that the wall will break, but we take no chances with people who live below it,” she said.
Insurers declined to comment on possible claims by evacuated households.
A fund manager who holds the stock called the selloff overdone, since hydropower made up just a tenth of last year's profit.
Norhydro is to publish quarterly results next Thursday.""",
    ),
    "strike": (
        """Ferry crews in the port of Sallin walked off the job on Monday in a dispute over night shifts, and thousands of travellers were stranded at the start of the holiday week.
The union of seamen said that nine of ten members had voted for the strike, which is to last for five days.
“Our people have worked sixteen hours at a stretch since the spring and no one can steer a ship safely like that,” union leader Pia Dorn said.
The operator, Blue Strait Lines, cancelled 42 sailings and offered passengers their money back.
It called the walkout irresponsible and said that it had hired eighty sailors this year.
Talks between the two sides broke down on Friday after a mediator proposed a pay rise of four percent.
“We are ready to sit down tonight, tomorrow or on any other day, and without conditions,” said the chief executive, Tom Veil.
The government of the islands sent an aeroplane with medicine to the hospital of Korr.
Hotels on the islands reported that half of their guests had cancelled.
The last strike of the crews, six years ago, ended when a court ordered them back to work.""",
        """On the quay of Sallin, the Okoro family sat on their suitcases and counted the hours. Their daughter was to be married on Korr the next afternoon.
The boats lay tied up behind a chain, and pickets warmed their hands over a barrel.
Deckhand Ruben Aske joined the protest because he sees his sons only on Sundays, he said, and some weeks not even then.
“Our people have worked sixteen hours at a stretch since the spring and no one can steer a ship safely like that,” Dorn told a crowd of several hundred from the back of a truck.
Passers-by honked in support. Others shouted that their vacation was ruined.
A fisherman offered to carry the bride's parents across for a case of beer; the harbour police stopped him for want of a licence.
In the evening Veil appeared before cameras in a rain jacket. “We are ready to sit down tonight, tomorrow or on any other day, and without conditions,” he said, and left without taking questions.
By nightfall the terminal café had run out of bread.""",
        """The labour court will hear on Wednesday whether the stoppage at Blue Strait Lines is legal, in a case that may set limits for essential transport.
The shipping firm argues that a law of 1998 requires a minimum of two crossings a day to every inhabited island. Lawyers for the seamen reply that it covers cargo alone.
Legal scholars are divided. Professor Ida Lunde of Sallin University expects the judges to order a reduced timetable instead of a ban.
In an affidavit the union cites logbooks. “Our people have worked sixteen hours at a stretch since the spring and no one can steer a ship safely like that,” Dorn wrote.
The transport regulator confirmed that it opened an inquiry into rest periods in August.
Penalties could reach 200,000 crowns for every day on which a ruling is ignored.
Parliament debated an amendment in March but postponed it until autumn because the coalition could not agree.
Chambers of commerce warn that perishable exports worth millions are spoiling in warehouses.""",
    ),
}  # fmt: skip

SYNONYMS = {
    "about": "roughly", "after": "once", "according to": "as stated in", "analysts": "experts", "angry": "furious",
    "because": "since", "began": "started", "broke down": "collapsed", "built": "constructed", "buses": "coaches",
    "called": "described", "cancelled": "scrapped", "carried": "took", "chief": "head", "crews": "teams",
    "demanded": "insisted", "dispute": "conflict", "expects": "anticipates", "families": "households",
    "families from": "people from", "feared": "worried", "found": "discovered", "full of": "packed with",
    "handed out": "distributed", "last": "latest", "leave": "quit", "many": "numerous", "mending": "fixing",
    "money": "funds", "offered": "promised", "on monday": "at the start of the week", "opened": "unlocked",
    "ordered": "instructed", "people": "residents", "promised": "pledged", "questions": "doubts", "raising": "prompting",
    "remembered": "recalled", "said that": "stated that", "seen": "observed", "sent": "dispatched", "shortly": "soon",
    "showed": "revealed", "shut down": "switched off", "spent": "passed", "stranded": "stuck", "talks": "negotiations",
    "told to": "asked to", "took": "grabbed", "travellers": "passengers", "usual": "regular", "voted for": "backed",
    "walked off the job": "stopped work", "want": "wish", "warned": "cautioned", "water": "liquid", "wrote": "noted",
    "asked": "requested", "attack": "assault", "bases": "posts", "early": "initial", "forces": "troops", "killed": "slain",
    "leader": "chief", "made": "issued", "request": "demand", "spoke": "talked", "vote": "ballot",
    "withdrawal": "departure", "top": "leading", "wants": "wishes", "soldiers": "servicemen", "parliament": "assembly",
}  # fmt: skip
